import { sagemaker } from '../../src/providers/sagemaker.ts'
import type { Failure } from './subject.ts'
import { describeProvider } from './suite.ts'

const ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE'
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

const said = (status: number, word: string, body: Record<string, unknown>, code: Failure['code'], told?: string) => ({
  name: `${word}: ${JSON.stringify(body).slice(0, 60)}`,
  status,
  headers: { 'x-amzn-errortype': word },
  body,
  code,
  told,
})

const container = (status: number, original: string, code: Failure['code']): Failure =>
  said(
    424,
    'ModelError',
    {
      Message: `Received error (${status}) from primary with message "${original}".`,
      OriginalStatusCode: status,
      OriginalMessage: original,
    },
    code,
    String(status),
  )

/** Source: SageMaker Runtime service model 2017-05-13. */
const failures: Failure[] = [
  said(400, 'ValidationError', { message: 'Endpoint x of account 1 not found.' }, 'model_not_found', 'us-east-1'),
  said(400, 'ValidationError', { message: 'The request is not valid.' }, 'invalid_input'),
  said(403, 'AccessDeniedException', { Message: 'Not authorized to perform: sagemaker:InvokeEndpoint' }, 'permission'),
  said(403, 'UnrecognizedClientException', { message: 'The security token is invalid.' }, 'authentication'),
  said(403, 'ExpiredTokenException', { message: 'The security token has expired.' }, 'authentication'),
  container(400, '{"detail":"the size is not valid"}', 'invalid_input'),
  container(422, '{"detail":[{"loc":["body","n"],"msg":"too many"}]}', 'invalid_input'),
  container(500, 'CUDA out of memory', 'upstream_error'),
  container(503, '{"detail":"the model is loading"}', 'overloaded'),
  container(504, 'timed out', 'timeout'),
  said(429, 'ModelNotReadyException', { Message: 'The model is not ready.' }, 'overloaded'),
  said(429, 'ThrottlingException', { message: 'Rate exceeded' }, 'rate_limit'),
  said(400, 'ThrottlingException', { message: 'Rate exceeded' }, 'rate_limit'),
  said(500, 'InternalFailure', { Message: 'An internal failure.' }, 'upstream_error'),
  said(503, 'ServiceUnavailable', { Message: 'Try again.' }, 'overloaded'),
  said(530, 'InternalDependencyException', { Message: 'A dependency failed.' }, 'upstream_error'),
]

const common = {
  adapter: sagemaker,
  credential: `${ACCESS_KEY_ID}:${SECRET}`,
  wrong: `AKIAI44QH8DHBEXAMPLE:${SECRET.toLowerCase()}`,
  signs: true,
  accepts: { credentials: [ACCESS_KEY_ID], awsSecret: SECRET },
  // An endpoint serves what it serves; any well-formed name is one to the double.
  unknownModel: { text: 'any', image: 'any', video: 'any' },
} as const

describeProvider({
  ...common,
  name: 'SageMaker with the containers of vLLM',
  connection: (emulator) => ({ region: 'us-east-1', settings: { s3Endpoint: emulator.baseUrl('s3') } }),
  text: {
    model: 'a-chat-endpoint',
    streamError: 'timeout',
    without: ['crlf', 'no-usage'],
  },
  image: {
    model: 'a-qwen-image-endpoint',
    most: 3,
    unmoderated: true,
    variants: { 'in another size': { size: { width: 1280, height: 720 }, steps: 20, seed: 5, negativePrompt: 'rain' } },
  },
  video: {
    model: 'a-wan-endpoint',
    polled: true,
    wordless: true,
    uncounted: true,
    unmoderated: true,
    strangerMeans: 'permission',
    call: { seconds: 4 },
  },
  emptyMeans: { video: 'any' },
  failures,
})

describeProvider({
  ...common,
  name: 'SageMaker with a container of inputs and parameters',
  connection: () => ({ region: 'us-east-1', settings: { preset: 'inputs-parameters', accept: 'image/png' } }),
  elsewhere: ['text', 'video'],
  image: {
    model: 'a-diffusion-endpoint',
    bytes: true,
    unmoderated: true,
    variants: { 'in another size': { size: { width: 1280, height: 720 }, steps: 20 } },
  },
  failures: [],
})
