import type { Connection, TextAdapter, TextCall, TextPart, TextResult, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { finishReason } from '../../core/openai/finish.ts'
import { type ChatChunk, ChatStreamReader } from '../../core/openai/stream.ts'
import { readUsage } from '../../core/openai/usage.ts'
import { EventFramer } from '../../lib/sse.ts'
import { openAIHeaders, versionedBase } from './openai-door.ts'
import { openAIError } from './openai-errors.ts'

function requestBody(call: TextCall, connection: Connection, stream: boolean): string {
  const limit = connection.flags.tokenField ?? 'max_tokens'
  return JSON.stringify({
    ...call.defaults,
    model: call.model,
    messages: call.messages,
    ...(call.maxTokens === undefined ? {} : { [limit]: call.maxTokens }),
    ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
    ...(stream ? { stream: true } : {}),
    ...(stream && connection.flags.streamUsage !== false ? { stream_options: { include_usage: true } } : {}),
  })
}

async function post(call: TextCall, connection: Connection, stream: boolean): Promise<TransportResponse> {
  const response = await connection.transport(`${versionedBase(connection.baseUrl)}/chat/completions`, {
    method: 'POST',
    headers: {
      ...openAIHeaders(connection),
      'content-type': 'application/json',
      accept: stream ? 'text/event-stream' : 'application/json',
    },
    body: requestBody(call, connection, stream),
    signal: connection.signal,
  })
  if (response.status >= 300) {
    throw openAIError(response.status, response.headers, await response.text(), connection.provider)
  }
  return response
}

interface Completion {
  error?: unknown
  choices?: { message?: { content?: unknown; refusal?: unknown }; finish_reason?: string | null }[]
  usage?: unknown
}

async function generate(call: TextCall, connection: Connection): Promise<TextResult> {
  const response = await post(call, connection, false)
  const body = await response.text()
  const unreadable = () =>
    new TurnoutError('invalid_output', `${connection.provider} answered something that is not a chat completion.`, {
      provider: connection.provider,
      upstreamStatus: response.status,
      upstreamRequestId: response.headers['x-request-id'],
    })
  let completion: Completion
  try {
    completion = JSON.parse(body) as Completion
  } catch {
    throw unreadable()
  }
  if (completion?.error) throw openAIError(response.status, response.headers, body, connection.provider)
  const choice = completion?.choices?.[0]
  if (!choice?.message) throw unreadable()
  const { content, refusal } = choice.message
  const raw = choice.finish_reason ?? null
  return {
    text: typeof content === 'string' ? content : typeof refusal === 'string' ? refusal : '',
    reason: raw === null ? 'other' : finishReason(raw),
    raw,
    usage: readUsage(completion.usage),
    upstreamRequestId: response.headers['x-request-id'],
  }
}

function* deltas({ choices }: ChatChunk): Iterable<TextPart> {
  const delta = choices?.[0]?.delta
  if (!delta) return
  const reasoning = delta.reasoning_content ?? delta.reasoning
  if (typeof reasoning === 'string' && reasoning !== '') yield { type: 'reasoning-delta', text: reasoning }
  const text = delta.content ?? delta.refusal
  if (typeof text === 'string' && text !== '') yield { type: 'text-delta', text }
  if (!Array.isArray(delta.tool_calls)) return
  for (const call of delta.tool_calls as {
    index?: number
    id?: string
    function?: { name?: string; arguments?: string }
  }[]) {
    yield {
      type: 'tool-call-delta',
      index: call.index ?? 0,
      id: call.id,
      name: call.function?.name,
      arguments: call.function?.arguments,
    }
  }
}

async function* stream(call: TextCall, connection: Connection): AsyncIterable<TextPart> {
  const response = await post(call, connection, true)
  const framer = new EventFramer()
  const reader = new ChatStreamReader()
  let done = false
  const read = function* (events: ReturnType<EventFramer['push']>): Iterable<TextPart> {
    for (const event of events) {
      const kind = reader.read(event)
      if (kind === 'error') throw openAIError(response.status, response.headers, reader.error, connection.provider)
      if (kind === 'done') done = true
      if (kind === 'content') yield* deltas(reader.chunk)
    }
  }
  for await (const chunk of response.body) {
    yield* read(framer.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)))
    if (done) break
  }
  yield* read(framer.flush())
  if (!reader.complete && !done) {
    throw new TurnoutError(
      'stream_interrupted',
      `${connection.provider} ended the stream before the answer was complete.`,
      {
        provider: connection.provider,
        upstreamRequestId: response.headers['x-request-id'],
      },
    )
  }
  yield {
    type: 'finish',
    reason: reader.finish === null ? 'other' : finishReason(reader.finish),
    raw: reader.finish,
    usage: reader.usage,
    upstreamRequestId: response.headers['x-request-id'],
  }
}

/** Text by OpenAI's chat completions. */
export const openAIText: TextAdapter = { generate, stream }
