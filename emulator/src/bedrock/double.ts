import { randomUUID } from 'node:crypto'
import { checkSignatureOrBearer } from '../aws/authenticate.ts'
import { awsError, refuse } from '../aws/errors.ts'
import type { ProviderDouble } from '../double.ts'
import { nulled, without } from '../http/alter.ts'
import type { Refusal } from '../refusal.ts'
import type { Answer, Call, JsonObject, StreamEvent, World } from '../types.ts'
import { converse, converseStream } from './converse.ts'
import { invoke } from './invoke.ts'
import { bedrockModels, describedModel, publicModel } from './models.ts'

/** Source: botocore, service model of bedrock-runtime (2023-09-30). */
const ERRORS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['ValidationException', 'The input fails to satisfy the constraints specified by an AWS service.'],
  403: ['AccessDeniedException', "You don't have access to the model with the specified model ID."],
  404: ['ResourceNotFoundException', 'The specified resource was not found.'],
  408: ['ModelTimeoutException', 'Model has timed out in processing the request. Try your request again.'],
  424: ['ModelErrorException', 'The model returned an error while processing the request.'],
  429: ['ThrottlingException', 'Too many requests, please wait before trying again.'],
  500: [
    'InternalServerException',
    'The system encountered an unexpected error during processing. Try your request again.',
  ],
  503: ['ServiceUnavailableException', 'Bedrock is unable to process your request.'],
}

function statusError(status: number): Refusal | undefined {
  const known = ERRORS[status]
  return known && awsError(status, ...known)
}

/** The error of the order without its type, which is the name of the exception. */
function errorEvent(error: JsonObject = {}): StreamEvent {
  const { type = 'modelStreamErrorException', ...data } = { message: 'The model stream failed.', ...error }
  return { part: 'end', event: String(type), exception: true, data }
}

const AT_ONCE = { streamed: false, firstDelayMs: 0, betweenDelayMs: 0 } as const

/** `GET /foundation-models` of the control plane. */
function listModels(_call: Call, world: World): Answer {
  return { ...AT_ONCE, body: () => ({ modelSummaries: bedrockModels(world).map(publicModel) }) }
}

/** `GET /foundation-models/{id}` of the control plane. */
function getModel(call: Call, world: World): Answer {
  const model = describedModel(call, world)
  return { ...AT_ONCE, model: model.id, body: () => ({ modelDetails: publicModel(model) }) }
}

const BODY = { method: 'POST', accepts: ['application/json'], maxBytes: 25 * 1024 * 1024 } as const

/** Runtime and control plane on one host. */
export const bedrock: ProviderDouble = {
  id: 'bedrock',
  mount: '/bedrock',
  routes: [
    { ...BODY, path: '/model/{id}/converse', operation: 'bedrock.converse', handler: converse },
    { ...BODY, path: '/model/{id}/converse-stream', operation: 'bedrock.converseStream', handler: converseStream },
    { ...BODY, path: '/model/{id}/invoke', operation: 'bedrock.invoke', handler: invoke },
    { method: 'GET', path: '/foundation-models', operation: 'bedrock.models', accepts: [], handler: listModels },
    { method: 'GET', path: '/foundation-models/{id}', operation: 'bedrock.model', accepts: [], handler: getModel },
  ],
  authenticate: (knock, accepted) => checkSignatureOrBearer(knock, accepted, 'bedrock', awsError),
  refuse,
  statusError,
  errorEvent,
  headers: () => ({ 'x-amzn-requestid': randomUUID() }),
  withoutUsage: (data) => without(data, 'usage') as JsonObject,
  withoutFinish: (data) => nulled(data, 'stopReason') as JsonObject,
}
