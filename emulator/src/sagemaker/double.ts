import { randomUUID } from 'node:crypto'
import { checkSignature } from '../aws/authenticate.ts'
import { awsError } from '../aws/errors.ts'
import type { ProviderDouble } from '../double.ts'
import { nulled, without } from '../http/alter.ts'
import { described, type Fact, type Refusal } from '../refusal.ts'
import type { JsonObject } from '../types.ts'
import { invokeAsync, invokeEndpoint, invokeStream } from './invocations.ts'

/** Source: botocore, service model of sagemaker-runtime (2017-05-13). */
const ERRORS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['ValidationError', 'Endpoint emulated of account 123456789012 not found.'],
  403: ['AccessDeniedException', 'User is not authorized to perform: sagemaker:InvokeEndpoint'],
  424: ['ModelError', 'Received server error (500) from primary with message "CUDA out of memory".'],
  429: ['ModelNotReadyException', 'The model is not ready to serve inference requests.'],
  500: ['InternalFailure', 'An internal failure occurred.'],
  503: ['ServiceUnavailable', 'The service is unavailable. Try your call again.'],
  530: ['InternalDependencyException', 'Your request caused an exception with an internal dependency.'],
}

function statusError(status: number): Refusal | undefined {
  const known = ERRORS[status]
  if (!known) return undefined
  const more = status === 424 ? { OriginalStatusCode: 500, OriginalMessage: 'CUDA out of memory' } : {}
  return awsError(status, known[0], known[1], more)
}

function refuse(fact: Fact): Refusal {
  const { status, message } = described(fact)
  if (fact.kind === 'unknown-route' || fact.kind === 'wrong-method') {
    return awsError(404, 'UnknownOperationException', message)
  }
  return awsError(status === 413 ? 413 : 400, 'ValidationError', message)
}

/** The largest body of a request that waits for its answer. */
const MAX_BYTES = 6_291_456
const ANY_BODY = { method: 'POST', accepts: ['*'], maxBytes: MAX_BYTES } as const

export const sagemaker: ProviderDouble = {
  id: 'sagemaker',
  mount: '/sagemaker',
  routes: [
    { ...ANY_BODY, path: '/endpoints/{name}/invocations', operation: 'sagemaker.invoke', handler: invokeEndpoint },
    {
      ...ANY_BODY,
      path: '/endpoints/{name}/invocations-response-stream',
      operation: 'sagemaker.invokeStream',
      handler: invokeStream,
    },
    {
      ...ANY_BODY,
      path: '/endpoints/{name}/async-invocations',
      operation: 'sagemaker.invokeAsync',
      handler: invokeAsync,
    },
  ],
  authenticate: (knock, accepted) => checkSignature(knock, accepted, 'sagemaker', awsError),
  refuse,
  statusError,
  errorEvent: (error = { Message: 'The model stream failed.', ErrorCode: 'ModelInvocationTimeExceeded' }) => ({
    part: 'end',
    event: 'ModelStreamError',
    exception: true,
    data: error,
  }),
  headers: () => ({ 'x-amzn-requestid': randomUUID(), 'x-amzn-invoked-production-variant': 'AllTraffic' }),
  withoutUsage: (data) => without(data, 'usage') as JsonObject,
  withoutFinish: (data) => nulled(data, 'choices', '[]', 'finish_reason') as JsonObject,
}
