import type { Connection, ProviderAdapter } from '../core/adapter.ts'
import { TurnoutError } from '../core/error.ts'
import type { MediaOutcome, RemoteOperation } from '../core/media.ts'
import { isObject } from '../lib/objects.ts'
import { dashscopeError } from './dashscope/errors.ts'
import { type DashscopeRequest, imageRequest, videoRequest } from './dashscope/request.ts'
import { failureOf, pending, readDone, type TaskKind, type TaskOperation } from './dashscope/result.ts'
import { exchange, json, readObject } from './shared/exchange.ts'
import { invalidOutput, text } from './shared/failure.ts'
import { createOpenAIDoor, openAIHeaders, TEXT_ALONE } from './shared/openai-door.ts'
import { listOpenAIModels } from './shared/openai-models.ts'
import { createOpenAIText } from './shared/openai-text.ts'

/** Where Model Studio speaks OpenAI's dialect. */
const compatibleBase = (baseUrl: string): string => `${baseUrl}/compatible-mode/v1`

const compatible = (connection: Connection): Connection => ({
  ...connection,
  baseUrl: compatibleBase(connection.baseUrl),
})

const chat = createOpenAIText(dashscopeError)

async function start(
  { path, async, body, warnings }: DashscopeRequest,
  kind: TaskKind,
  connection: Connection,
): Promise<MediaOutcome> {
  const { provider } = connection
  const headers = { ...openAIHeaders(connection), ...(async && { 'x-dashscope-async': 'enable' }) }
  const response = await exchange(connection.baseUrl + path, json(body, headers), connection, dashscopeError)
  const answer = await readObject(response, provider)
  if (!async) return readDone(answer, warnings, response, provider)
  const taskId = isObject(answer.output) ? text(answer.output.task_id) : undefined
  if (taskId === undefined) throw invalidOutput(provider, 'accepted a task without naming it', response, false)
  return pending({ taskId, kind, warnings }, text(answer.request_id))
}

async function poll(stored: RemoteOperation, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  const operation = stored as unknown as TaskOperation
  const url = `${connection.baseUrl}/api/v1/tasks/${encodeURIComponent(operation.taskId)}`
  const response = await exchange(url, { headers: openAIHeaders(connection) }, connection, dashscopeError)
  const answer = await readObject(response, provider)
  const output = isObject(answer.output) ? answer.output : {}
  const requestId = text(answer.request_id)
  switch (text(output.task_status)) {
    case 'SUCCEEDED':
      return readDone(answer, operation.warnings, response, provider)
    case 'FAILED':
      throw failureOf(output, provider, requestId)
    case 'CANCELED':
      throw new TurnoutError('canceled', `${provider} canceled the task.`, {
        provider,
        upstreamStatus: response.status,
        upstreamRequestId: requestId,
      })
    case 'UNKNOWN':
      throw new TurnoutError(
        'unknown_outcome',
        `${provider} knows nothing of the task any more; it keeps tasks for a day.`,
        {
          provider,
          upstreamStatus: response.status,
          upstreamRequestId: requestId,
        },
      )
    default:
      return pending(operation, requestId)
  }
}

/**
 * Alibaba Cloud Model Studio: Qwen chat in OpenAI's dialect, Qwen-Image and Wan
 * by its own API, some at once and some as tasks. Credential, model and host
 * must be of one region.
 */
export const dashscope: ProviderAdapter = {
  id: 'dashscope',
  text: {
    links: true,
    generate: (call, connection) => chat.generate(call, compatible(connection)),
    stream: (call, connection) => chat.stream(call, compatible(connection)),
  },
  openai: createOpenAIDoor({ operations: TEXT_ALONE, base: compatibleBase, error: dashscopeError }),
  image: { links: true, start: (call, connection) => start(imageRequest(call), 'image', connection), poll },
  video: {
    links: true,
    start: (call, connection) => start(videoRequest(call, connection.provider), 'video', connection),
    poll,
  },
  listModels: (connection) => listOpenAIModels(compatible(connection)),
}
