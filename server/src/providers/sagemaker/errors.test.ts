import { describe, expect, test } from 'vitest'
import { sagemaker } from '../sagemaker.ts'
import { KEYS } from '../shared/aws/testing.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'

const start = (answer: Scripted, credential = KEYS) =>
  sagemaker.image!.start(
    { model: 'endpoint-1', prompt: 'a', count: 1 },
    connectTo([answer], { provider: 'sagemaker', credential, region: 'eu-west-1' }),
  )

const typed = (status: number, type: string, body: Record<string, unknown>): Scripted => ({
  status,
  headers: { 'x-amzn-errortype': `${type}:http://internal/`, 'x-amzn-requestid': 'r-1' },
  body,
})

describe('a failed answer of SageMaker', () => {
  test.each([
    [400, 'ValidationError', 'Endpoint x of account 123456789012 not found.', 'model_not_found'],
    [400, 'ValidationError', '1 validation error detected', 'invalid_input'],
    [403, 'AccessDeniedException', 'not authorized to perform: sagemaker:InvokeEndpoint', 'permission'],
    [403, 'UnrecognizedClientException', 'said', 'authentication'],
    [403, 'InvalidSignatureException', 'said', 'authentication'],
    [403, 'ExpiredTokenException', 'said', 'authentication'],
    [403, 'MissingAuthenticationTokenException', 'said', 'authentication'],
    [429, 'ModelNotReadyException', 'said', 'overloaded'],
    [400, 'ThrottlingException', 'Rate exceeded', 'rate_limit'],
    [429, 'ThrottlingException', 'Rate exceeded', 'rate_limit'],
    [500, 'InternalFailure', 'said', 'upstream_error'],
    [503, 'ServiceUnavailable', 'said', 'overloaded'],
    [503, 'ServiceUnavailableException', 'said', 'overloaded'],
    [530, 'InternalDependencyException', 'said', 'upstream_error'],
  ])('%i %s, "%s", is %s', async (status, type, Message, code) => {
    await expect(start(typed(status, type, { Message }))).rejects.toMatchObject({
      code,
      upstreamStatus: status,
      upstreamCode: type,
      upstreamRequestId: 'r-1',
      message: expect.stringContaining(Message) as string,
    })
  })

  test.each([
    [400, '{"detail":"size must be WxH"}', 'size must be WxH', 'invalid_input'],
    [422, '{"detail":[{"loc":["body"],"msg":"field required"}]}', 'field required', 'invalid_input'],
    [404, '{"detail":"Not Found"}', 'Not Found', 'invalid_input'],
    [401, '{"error":{"message":"no"}}', 'no', 'invalid_input'],
    [400, '{"error":{"message":"refused","code":"content_policy_violation"}}', 'refused', 'content_policy'],
    [429, 'busy', 'busy', 'rate_limit'],
    [500, 'CUDA out of memory', 'CUDA out of memory', 'upstream_error'],
    [503, '{"detail":"loading"}', 'loading', 'overloaded'],
    [504, '', 'Received server error', 'timeout'],
    [0, 'Your invocation timed out while waiting for a response from container primary.', 'timed out', 'timeout'],
  ])('the container answered %i %s', async (OriginalStatusCode, OriginalMessage, words, code) => {
    const Message = 'Received server error from primary'
    const body = { OriginalStatusCode, OriginalMessage, LogStreamArn: 'arn:aws:logs:x', Message }
    await expect(start(typed(424, 'ModelError', body))).rejects.toMatchObject({
      code,
      upstreamStatus: 424,
      upstreamCode: 'ModelError',
      message: expect.stringContaining(words) as string,
    })
  })

  test('an endpoint that is not found may be in another region, so that it is named', async () => {
    const answer = typed(400, 'ValidationError', { Message: 'Endpoint x of account y not found.' })
    await expect(start(answer)).rejects.toMatchObject({
      message: expect.stringContaining('region eu-west-1') as string,
    })
  })

  test('a bearer key is refused before anything is sent', async () => {
    await expect(start({}, 'bedrock-api-key')).rejects.toMatchObject({ code: 'authentication', delivered: false })
  })
})
