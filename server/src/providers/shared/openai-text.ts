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

/** A whole completion. @throws TurnoutError invalid_output, or what the body says went wrong */
function readCompletion(body: string, response: TransportResponse, connection: Connection): TextResult {
  const upstreamRequestId = response.headers['x-request-id']
  let completion: Completion | null = null
  try {
    completion = JSON.parse(body) as Completion | null
  } catch {}
  if (completion?.error) throw openAIError(response.status, response.headers, body, connection.provider)
  const choice = completion?.choices?.[0]
  if (!choice?.message) {
    throw new TurnoutError(
      'invalid_output',
      `${connection.provider} answered something that is not a chat completion.`,
      {
        provider: connection.provider,
        upstreamRequestId,
      },
    )
  }
  const { content, refusal } = choice.message
  const raw = choice.finish_reason ?? null
  return {
    text: typeof content === 'string' ? content : typeof refusal === 'string' ? refusal : '',
    reason: raw === null ? 'other' : finishReason(raw),
    raw,
    usage: readUsage(completion?.usage),
    upstreamRequestId,
  }
}

async function generate(call: TextCall, connection: Connection): Promise<TextResult> {
  const response = await post(call, connection, false)
  return readCompletion(await response.text(), response, connection)
}

/** What a chunk brings. */
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

/** The pieces of a body. Once the answer is complete, what happens to the connection is nobody's concern. */
async function* pieces(response: TransportResponse, reader: ChatStreamReader): AsyncIterable<Buffer> {
  try {
    for await (const chunk of response.body) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  } catch (error) {
    if (!reader.complete) throw error
  }
}

async function* stream(call: TextCall, connection: Connection): AsyncIterable<TextPart> {
  const response = await post(call, connection, true)
  const upstreamRequestId = response.headers['x-request-id']
  if (!(response.headers['content-type'] ?? '').toLowerCase().startsWith('text/event-stream')) {
    // An error, or a server that does not stream: its answer is as good, and asking again would be paying again.
    const { text, ...end } = readCompletion(await response.text(), response, connection)
    yield { type: 'text-delta', text }
    yield { type: 'finish', ...end }
    return
  }
  const framer = new EventFramer()
  const reader = new ChatStreamReader()
  let done = false
  let begun = false
  const read = function* (events: ReturnType<EventFramer['push']>): Iterable<TextPart> {
    for (const event of events) {
      const kind = reader.read(event)
      if (kind === 'error') throw openAIError(response.status, response.headers, reader.error, connection.provider)
      if (kind === 'done') done = true
      if (kind !== 'content') continue
      begun = true
      yield* deltas(reader.chunk)
    }
  }
  for await (const piece of pieces(response, reader)) {
    yield* read(framer.push(piece))
    if (done) break
  }
  yield* read(framer.flush())
  if (!reader.complete && !(begun && done && reader.wholeIfMarked)) {
    const what = begun ? 'ended the stream before the answer was complete' : 'ended the stream without an answer'
    throw new TurnoutError(begun ? 'stream_interrupted' : 'invalid_output', `${connection.provider} ${what}.`, {
      provider: connection.provider,
      upstreamRequestId,
    })
  }
  yield {
    type: 'finish',
    reason: reader.finish === null ? 'other' : finishReason(reader.finish),
    raw: reader.finish,
    usage: reader.usage,
    upstreamRequestId,
  }
}

/** Text by OpenAI's chat completions. */
export const openAIText: TextAdapter = { generate, stream }
