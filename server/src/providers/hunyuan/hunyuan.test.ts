import { describe, expect, test } from 'vitest'
import type { ImageCall } from '../../core/media.ts'
import { hunyuan } from '../hunyuan.ts'
import { connectTo } from '../testing/connection.ts'
import { hunyuanError } from './errors.ts'

const call = (fields: Partial<ImageCall> = {}): ImageCall => ({
  model: 'SubmitHunyuanImageJob',
  prompt: 'a tram',
  count: 1,
  ...fields,
})

const CLASSIC = { baseUrl: 'https://hunyuan.tencentcloudapi.com', credential: 'AKIDexample:secret-key' }

describe('the classic API', () => {
  test('submits a signed job and reads its pictures', async () => {
    const connection = connectTo(
      [
        { body: { Response: { JobId: '17', RequestId: 'r1' } } },
        { body: { Response: { JobStatusCode: '2', RequestId: 'r2' } } },
        {
          body: {
            Response: {
              JobStatusCode: '5',
              ResultImage: ['https://hunyuan.cos.example/1.png'],
              ResultDetails: ['Success', 'Text illegal'],
              RequestId: 'r3',
            },
          },
        },
      ],
      CLASSIC,
    )
    const size = { width: 768, height: 1024 }
    const started = await hunyuan.image!.start(
      call({ count: 2, size, seed: 7, negativePrompt: 'cars', inputs: { Revise: 0 }, steps: 5 }),
      connection,
    )
    expect(started).toMatchObject({ status: 'pending', upstreamRequestId: 'r1', pollAfterMs: 2000 })
    expect(connection.lastJson()).toEqual({
      Prompt: 'a tram',
      NegativePrompt: 'cars',
      Resolution: '768:1024',
      Seed: 7,
      Num: 2,
      Revise: 0,
    })
    const [sent] = connection.sent
    expect(sent!.url).toBe('https://hunyuan.tencentcloudapi.com/')
    expect(sent!.headers).toMatchObject({
      'x-tc-action': 'SubmitHunyuanImageJob',
      'x-tc-version': '2023-09-01',
      'x-tc-region': 'ap-guangzhou',
      authorization: expect.stringMatching(/^TC3-HMAC-SHA256 Credential=AKIDexample\//),
    })
    expect(JSON.stringify(connection.sent)).not.toContain('secret-key')
    if (started.status !== 'pending') throw new Error('not pending')
    const operation = JSON.parse(JSON.stringify(started.operation)) as typeof started.operation
    expect(await hunyuan.image!.poll!(operation, connection)).toMatchObject({ status: 'pending', operation })
    expect(connection.lastJson()).toEqual({ JobId: '17' })
    expect(await hunyuan.image!.poll!(operation, connection)).toEqual({
      status: 'done',
      media: [{ url: 'https://hunyuan.cos.example/1.png', mediaType: 'image/png' }],
      usage: { images: 1 },
      warnings: [expect.stringContaining('no number of steps'), 'One picture was not made: Text illegal.'],
      upstreamRequestId: 'r3',
    })
  })

  test('a job that has failed is told by its code', async () => {
    const failed = {
      JobStatusCode: '4',
      JobErrorCode: 'OperationDenied.ImageIllegalDetected',
      JobErrorMsg: 'not allowed',
    }
    const connection = connectTo([{ body: { Response: { ...failed, RequestId: 'r' } } }], CLASSIC)
    const operation = { api: 'classic', query: 'QueryHunyuanImageJob', jobId: '1', warnings: [] }
    await expect(hunyuan.image!.poll!(operation, connection)).rejects.toMatchObject({
      code: 'content_policy',
      message: 'provider: not allowed',
      retryable: false,
      upstreamCode: 'OperationDenied.ImageIllegalDetected',
    })
  })

  test('the light model answers at once', async () => {
    const connection = connectTo([{ body: { Response: { ResultImage: 'https://x.example/a.png' } } }], CLASSIC)
    const outcome = await hunyuan.image!.start(call({ model: 'TextToImageLite' }), connection)
    expect(outcome).toMatchObject({ status: 'done', media: [{ url: 'https://x.example/a.png' }] })
    expect(connection.lastJson()).toEqual({ Prompt: 'a tram', RspImgType: 'url' })
  })

  test('a credential of one part cannot sign, and nothing is sent', async () => {
    const connection = connectTo([], { ...CLASSIC, credential: 'sk-one' })
    await expect(hunyuan.image!.start(call(), connection)).rejects.toMatchObject({
      code: 'authentication',
      delivered: false,
      message: expect.not.stringContaining('sk-one'),
    })
    expect(connection.sent).toEqual([])
  })

  test('an error of status 200 is an error', async () => {
    const body = {
      Response: { Error: { Code: 'RequestLimitExceeded.JobNumExceed', Message: 'busy' }, RequestId: 'r9' },
    }
    await expect(hunyuan.image!.start(call(), connectTo([{ body }], CLASSIC))).rejects.toMatchObject({
      code: 'rate_limit',
      upstreamRequestId: 'r9',
    })
  })
})

describe('the newer hosts', () => {
  test('HY-Image is a job behind the bare credential', async () => {
    const connection = connectTo([
      { body: { request_id: 'r1', job_id: 'j1' } },
      { body: { request_id: 'r2', status: 'RUNNING' } },
      { body: { request_id: 'r3', data: [{ url: 'https://x.example/a.jpg', revised_prompt: 'a red tram' }] } },
    ])
    const started = await hunyuan.image!.start(
      call({
        model: 'HY-Image-V3.0',
        size: { width: 1024, height: 768 },
        seed: 3,
        pictures: [{ url: 'https://y.example/i.png' }],
      }),
      connection,
    )
    expect(connection.sent[0]).toMatchObject({
      url: 'https://provider.example/aiart/submit',
      headers: { authorization: 'secret-credential' },
    })
    expect(connection.lastJson()).toEqual({
      model: 'HY-Image-V3.0',
      prompt: 'a tram',
      size: '1024:768',
      images: ['https://y.example/i.png'],
      extra_body: { seed: 3 },
    })
    if (started.status !== 'pending') throw new Error('not pending')
    expect(await hunyuan.image!.poll!(started.operation, connection)).toMatchObject({ status: 'pending' })
    expect(await hunyuan.image!.poll!(started.operation, connection)).toMatchObject({
      status: 'done',
      media: [{ url: 'https://x.example/a.jpg', mediaType: 'image/jpeg', revisedPrompt: 'a red tram' }],
    })
  })

  test('the light model of TokenHub answers at once, and what it does not take is told', async () => {
    const connection = connectTo([{ body: { created: 1, request_id: 'r', data: [{ url: 'https://x.example/a' }] } }])
    const outcome = await hunyuan.image!.start(call({ model: 'hy-image-lite', seed: 4 }), connection)
    expect(outcome).toMatchObject({
      status: 'done',
      upstreamRequestId: 'r',
      warnings: [expect.stringContaining('seed')],
    })
    expect(connection.sent[0]!.url).toBe('https://provider.example/api/image/lite')
  })

  test('an answer without a picture is no answer, and is not asked for again', async () => {
    const connection = connectTo([{ body: { data: [] } }])
    await expect(hunyuan.image!.start(call({ model: 'hy-image-lite' }), connection)).rejects.toMatchObject({
      code: 'invalid_output',
      retryable: false,
    })
  })
})

const classic = (Code: string) => JSON.stringify({ Response: { Error: { Code, Message: 'said so' }, RequestId: 'r' } })

test.each([
  ['AuthFailure.SecretIdNotFound', 'authentication'],
  ['AuthFailure.SignatureFailure', 'authentication'],
  ['AuthFailure.SignatureExpire', 'authentication'],
  ['AuthFailure.UnauthorizedOperation', 'permission'],
  ['RequestLimitExceeded', 'rate_limit'],
  ['RequestLimitExceeded.JobNumExceed', 'rate_limit'],
  ['LimitExceeded', 'rate_limit'],
  ['FailedOperation.EngineServerLimitExceeded', 'rate_limit'],
  ['OperationDenied.TextIllegalDetected', 'content_policy'],
  ['OperationDenied.ImageIllegalDetected', 'content_policy'],
  ['FailedOperation.GenerateImageFailed', 'content_policy'],
  ['FailedOperation.ResourcePackExhausted', 'billing'],
  ['FailedOperation.FreeResourcePackExhausted', 'billing'],
  ['ServiceStopArrears', 'billing'],
  ['ResourceUnavailable.InArrears', 'billing'],
  ['ResourceUnavailable.LowBalance', 'billing'],
  ['ResourceUnavailable.StopUsing', 'billing'],
  ['ResourceInsufficient.ChargeResourceExhaust', 'billing'],
  ['ResourcesSoldOut.ChargeStatusException', 'billing'],
  ['FailedOperation.ServiceNotActivated', 'model_not_enabled'],
  ['ResourceUnavailable.NotExist', 'model_not_enabled'],
  ['FailedOperation.UserUnAuthError', 'model_not_enabled'],
  ['FailedOperation.RequestTimeout', 'timeout'],
  ['FailedOperation.EngineRequestTimeout', 'timeout'],
  ['FailedOperation.JobNotExist', 'model_not_found'],
  ['InvalidParameterValue.Model', 'model_not_found'],
  ['InvalidParameterValue.ParameterValueError', 'invalid_input'],
  ['FailedOperation.ImageDecodeFailed', 'invalid_input'],
  ['FailedOperation.ImageDownloadError', 'invalid_input'],
  ['FailedOperation.ImageSizeExceed', 'invalid_input'],
  ['FailedOperation.RequestEntityTooLarge', 'invalid_input'],
  ['FailedOperation.TextLengthExceed', 'invalid_input'],
  ['InvalidParameter', 'invalid_input'],
  ['InvalidParameterValue.TextLengthExceed', 'invalid_input'],
  ['FailedOperation.InnerError', 'upstream_error'],
  ['FailedOperation.RpcFail', 'upstream_error'],
  ['FailedOperation.ServerError', 'upstream_error'],
  ['FailedOperation.ConsoleServerError', 'upstream_error'],
  ['FailedOperation.Unknown', 'upstream_error'],
  ['InternalError', 'upstream_error'],
])('%s is %s, in both shapes', (word, code) => {
  expect(hunyuanError(200, {}, classic(word), 'hunyuan')).toMatchObject({
    code,
    upstreamCode: word,
    upstreamRequestId: 'r',
  })
  const compatible = JSON.stringify({ error: { message: 'said so', code: word } })
  expect(hunyuanError(400, {}, compatible, 'hunyuan')).toMatchObject({
    code,
    message: expect.stringContaining('said so'),
  })
})
