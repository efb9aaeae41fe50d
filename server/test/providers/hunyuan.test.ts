import { hunyuan } from '../../src/providers/hunyuan.ts'
import { type Failure, SQUARE } from './subject.ts'
import { describeProvider } from './suite.ts'

const REQUEST_ID = '3c140219-cfe9-470e-b241-907877d6fb03'

/** Of the signed API, which answers everything with status 200. */
const said = (word: string, code: Failure['code']): Failure => ({
  name: word,
  body: { Response: { Error: { Code: word, Message: `It is ${word}.` }, RequestId: REQUEST_ID } },
  code,
  told: `It is ${word}.`,
})

/** Source: the error lists of Tencent Cloud's SDKs for Hunyuan, read November 2026. */
const classic: Failure[] = [
  said('AuthFailure.SecretIdNotFound', 'authentication'),
  said('AuthFailure.SignatureFailure', 'authentication'),
  said('AuthFailure.SignatureExpire', 'authentication'),
  said('AuthFailure.UnauthorizedOperation', 'permission'),
  said('RequestLimitExceeded', 'rate_limit'),
  said('RequestLimitExceeded.JobNumExceed', 'rate_limit'),
  said('LimitExceeded', 'rate_limit'),
  said('FailedOperation.EngineServerLimitExceeded', 'rate_limit'),
  said('OperationDenied.TextIllegalDetected', 'content_policy'),
  said('OperationDenied.ImageIllegalDetected', 'content_policy'),
  said('FailedOperation.GenerateImageFailed', 'content_policy'),
  said('FailedOperation.ResourcePackExhausted', 'billing'),
  said('FailedOperation.FreeResourcePackExhausted', 'billing'),
  said('FailedOperation.ServiceStopArrears', 'billing'),
  said('ResourceUnavailable.InArrears', 'billing'),
  said('ResourceUnavailable.LowBalance', 'billing'),
  said('ResourceUnavailable.StopUsing', 'billing'),
  said('ResourceInsufficient.ChargeResourceExhaust', 'billing'),
  said('ResourcesSoldOut.ChargeStatusException', 'billing'),
  said('FailedOperation.ServiceNotActivated', 'model_not_enabled'),
  said('ResourceUnavailable.NotExist', 'model_not_enabled'),
  said('FailedOperation.UserUnAuthError', 'model_not_enabled'),
  said('FailedOperation.RequestTimeout', 'timeout'),
  said('FailedOperation.EngineRequestTimeout', 'timeout'),
  said('FailedOperation.JobNotExist', 'model_not_found'),
  said('InvalidParameterValue.Model', 'model_not_found'),
  said('InvalidParameter', 'invalid_input'),
  said('InvalidParameterValue', 'invalid_input'),
  said('FailedOperation.ImageDecodeFailed', 'invalid_input'),
  said('FailedOperation.ImageDownloadError', 'invalid_input'),
  said('FailedOperation.ImageSizeExceed', 'invalid_input'),
  said('FailedOperation.RequestEntityTooLarge', 'invalid_input'),
  said('FailedOperation.TextLengthExceed', 'invalid_input'),
  said('FailedOperation.InnerError', 'upstream_error'),
  said('FailedOperation.ServerError', 'upstream_error'),
  said('FailedOperation.RpcFail', 'upstream_error'),
  said('FailedOperation.Unknown', 'upstream_error'),
  said('FailedOperation.ConsoleServerError', 'upstream_error'),
  said('InternalError', 'upstream_error'),
  ...(
    [
      ['FailedOperation.GenerateImageFailed', 'content_policy'],
      ['FailedOperation.InnerError', 'upstream_error'],
    ] as const
  ).map(
    ([word, code]): Failure => ({
      name: `a job that failed with ${word}`,
      body: {
        Response: {
          JobStatusCode: '4',
          JobStatusMsg: 'failed',
          JobErrorCode: word,
          JobErrorMsg: `It is ${word}.`,
          RequestId: REQUEST_ID,
        },
      },
      code,
      retryable: false,
      told: `It is ${word}.`,
      polled: true,
    }),
  ),
]

const compatible: Failure[] = [
  {
    name: 'a bad credential',
    status: 401,
    body: { error: { message: 'Incorrect API key', type: 'invalid_request_error', code: 'invalid_api_key' } },
    code: 'authentication',
  },
  {
    name: 'a bad request in the words of the classic API',
    status: 400,
    body: { error: { message: 'Too long.', type: 'runtime_error', code: 'FailedOperation.TextLengthExceed' } },
    code: 'invalid_input',
  },
  {
    name: 'refused words',
    status: 400,
    body: { error: { message: 'Not that.', code: 'OperationDenied.TextIllegalDetected' } },
    code: 'content_policy',
  },
  {
    name: 'an empty account',
    status: 400,
    body: { error: { message: 'No money.', code: 'FailedOperation.ResourcePackExhausted' } },
    code: 'billing',
  },
  {
    name: 'a limit',
    status: 429,
    body: { error: { message: 'Slow down.', code: 'RequestLimitExceeded' } },
    code: 'rate_limit',
  },
]

const picture = { base64: SQUARE, mediaType: 'image/png' }
const signed = {
  adapter: hunyuan,
  credential: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE:Gu5t9xGARNpq86cd98joQYCN3EXAMPLE',
  wrong: 'AKIDwrongwrongwrongwrongwrongEXAMPLE:Gu5t9xGARNpq86cd98joQYCN3EXAMPLE',
  signs: true,
  accepts: { credentials: ['AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE'] },
  // A model of this API is one of its actions; other names belong to the other APIs.
  unknownModel: { image: 'any' },
  unlisted: true,
} as const

describeProvider({
  name: 'Hunyuan by its bearer API',
  adapter: hunyuan,
  path: '/v1',
  unknownModel: { image: 'invalid_input' },
  text: { model: 'hunyuan-turbos-latest', streamError: 'upstream_error' },
  image: {
    model: 'HY-Image-V3.0',
    polled: true,
    variants: {
      'in another size': { size: { width: 1280, height: 768 }, seed: 5 },
      'from a picture': { pictures: [picture] },
    },
    unsupported: [{ call: { steps: 20 }, warning: /steps/ }],
  },
  failures: compatible,
})

describeProvider({
  name: 'Hunyuan by its light model',
  adapter: hunyuan,
  path: '/v1',
  unknownModel: { image: 'invalid_input' },
  elsewhere: ['text'],
  image: { model: 'hy-image-lite', unsupported: [{ call: { seed: 5 }, warning: /seed/ }] },
  failures: [],
})

describeProvider({
  ...signed,
  name: 'Hunyuan by its signed API, as a job',
  elsewhere: ['text'],
  image: {
    model: 'SubmitHunyuanImageJob',
    polled: true,
    most: 2,
    variants: { 'in another size': { size: { width: 1280, height: 768 }, seed: 5, negativePrompt: 'rain' } },
  },
  failures: classic,
})

describeProvider({
  ...signed,
  name: 'Hunyuan by its signed API, at once',
  elsewhere: ['text'],
  image: { model: 'TextToImageLite', variants: { 'in another size': { size: { width: 768, height: 1024 } } } },
  failures: [],
})
