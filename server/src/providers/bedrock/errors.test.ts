import { describe, expect, test } from 'vitest'
import { bedrock } from '../bedrock.ts'
import { KEYS } from '../shared/aws/testing.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'

const call = { model: 'anthropic.claude-x', messages: [{ role: 'user' as const, content: [] }] }

const fail = (answer: Scripted) =>
  bedrock.text!.generate(call, connectTo([answer], { provider: 'bedrock', credential: KEYS, region: 'eu-central-1' }))

const typed = (status: number, type: string, message = 'said'): Scripted => ({
  status,
  headers: { 'x-amzn-errortype': `${type}:http://internal.amazon.com/coral/x/`, 'x-amzn-requestid': 'r-9' },
  body: { message },
})

describe('a failed answer of Bedrock', () => {
  test.each([
    [
      403,
      'AccessDeniedException',
      "You don't have access to the model with the specified model ID.",
      'model_not_enabled',
    ],
    [
      403,
      'AccessDeniedException',
      'Model access is denied due to IAM user not authorized for aws-marketplace:Subscribe',
      'model_not_enabled',
    ],
    [
      403,
      'AccessDeniedException',
      'Your AWS Marketplace subscription for this model cannot be completed at this time.',
      'model_not_enabled',
    ],
    [403, 'AccessDeniedException', 'User: arn:x is not authorized to perform: bedrock:InvokeModel', 'permission'],
    [403, 'AccessDeniedException', 'Authentication failed: Please make sure your API Key is valid.', 'authentication'],
    [403, 'MPAgreementBeingCreated', 'said', 'model_not_enabled'],
    [404, 'FTUFormNotFilled', 'said', 'model_not_enabled'],
    [403, 'UnrecognizedClientException', 'The security token included in the request is invalid.', 'authentication'],
    [403, 'InvalidClientTokenId', 'said', 'authentication'],
    [403, 'InvalidSignatureException', 'said', 'authentication'],
    [400, 'IncompleteSignature', 'said', 'authentication'],
    [403, 'ExpiredTokenException', 'said', 'authentication'],
    [400, 'RequestExpired', 'said', 'authentication'],
    [400, 'NotAuthorized', 'said', 'permission'],
    [400, 'InvalidAction', 'said', 'invalid_input'],
    [400, 'ValidationException', '1 validation error detected', 'invalid_input'],
    [400, 'ValidationException', 'The provided model identifier is invalid.', 'model_not_found'],
    [400, 'ValidationException', 'This request has been blocked by our content filters.', 'content_policy'],
    [400, 'ConflictException', 'said', 'invalid_input'],
    [404, 'ResourceNotFoundException', 'This model version has reached the end of its life.', 'model_not_found'],
    [429, 'ThrottlingException', 'Too many tokens, please wait before trying again.', 'rate_limit'],
    [400, 'ServiceQuotaExceededException', 'said', 'rate_limit'],
    [429, 'ModelNotReadyException', 'said', 'overloaded'],
    [503, 'ServiceUnavailableException', 'said', 'overloaded'],
    [408, 'ModelTimeoutException', 'said', 'timeout'],
    [424, 'ModelErrorException', 'said', 'upstream_error'],
    [424, 'ModelStreamErrorException', 'said', 'upstream_error'],
    [500, 'InternalServerException', 'said', 'upstream_error'],
  ])('%i %s, "%s", is %s', async (status, type, message, code) => {
    await expect(fail(typed(status, type, message))).rejects.toMatchObject({
      code,
      upstreamStatus: status,
      upstreamCode: type,
      upstreamRequestId: 'r-9',
      message: expect.stringContaining(message) as string,
    })
  })

  test('a model that only profiles serve is told how to be called', async () => {
    const message = 'Invocation of model ID x with on-demand throughput isn’t supported.'
    await expect(fail(typed(400, 'ValidationException', message))).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('inference profile') as string,
    })
  })

  test.each([
    ['ValidationException', 'The provided model identifier is invalid.'],
    ['ResourceNotFoundException', 'Could not resolve the foundation model.'],
    ['InvalidSignatureException', "Credential should be scoped to a valid region, not 'eu-central-1'."],
  ])('%s may come from the wrong region, which is named', async (type, message) => {
    await expect(fail(typed(400, type, message))).rejects.toMatchObject({
      message: expect.stringContaining('region eu-central-1') as string,
    })
  })

  test.each([
    [{ Message: 'capital' }, 'bedrock: capital'],
    [{ __type: 'com.amazon.coral.service#ValidationException', message: 'typed' }, 'bedrock: typed'],
    [{ __type: 'ValidationException' }, 'bedrock: ValidationException'],
  ])('%j is read', async (body, message) => {
    await expect(fail({ status: 400, body })).rejects.toMatchObject({ code: 'invalid_input', message })
  })

  test('the trap of a quota with status 400 may be retried', async () => {
    await expect(fail(typed(400, 'ServiceQuotaExceededException'))).rejects.toMatchObject({ retryable: true })
  })
})
