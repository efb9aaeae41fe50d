import type { Connection, TextAdapter, TextCall, TextPart, TextResult, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { finishReason } from '../../core/openai/finish.ts'
import { type ChatChunk, ChatStreamReader } from '../../core/openai/stream.ts'
import { readUsage } from '../../core/openai/usage.ts'
import { EventFramer } from '../../lib/sse.ts'
import { openAIHeaders, versionedBase } from './openai-door.ts'
import { openAIError, requireReadable } from './openai-errors.ts'

function requestBody(call: TextCall, connection: Connection, stream: boolean): string {
  const limit = connection.flags.tokenField ?? 'max_tokens'
  return JSON.stringify({
    ...call.defaults,
    model: call.model,
    messages: call.messages,
    ...(call.maxTokens === undefined ? {} : { [limit]: call.maxTokens }),
    ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
    // Whether and how to stream is the call's alone: a default of the model does not decide it.
    stream: stream || undefined,
    stream_options: stream && connection.flags.streamUsage !== false ? { include_usage: true } : undefined,
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
  await requireReadable(response, connection.provider)
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

/** What a chunk brings of the first choice; there are others where the defaults of a model ask for them. */
function* deltas({ choices }: ChatChunk): Iterable<TextPart> {
  const delta = choices?.find(({ index = 0 }) => index === 0)?.delta
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

/** How long an upstream may still be listened to after a complete answer: usage and the end marker may come. */
const LINGER_MS = 5_000

/** Whether bytes are the beginning of a JSON object, which no event stream is; undefined while they are blank. */
function beginsObject(bytes: Buffer): boolean | undefined {
  const first = bytes.find((byte) => byte > 0x20)
  return first === undefined ? undefined : first === 0x7b
}

/** The bytes of a streamed answer. Once it is complete, nothing that happens to the connection is a failure. */
class AnswerBytes {
  readonly #reader: ChatStreamReader
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #exchange: AbortController
  #lingerBy = 0

  constructor(response: TransportResponse, reader: ChatStreamReader, exchange: AbortController) {
    this.#chunks = response.body[Symbol.asyncIterator]()
    this.#reader = reader
    this.#exchange = exchange
  }

  /** The next bytes; undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    const { complete } = this.#reader
    if (complete) this.#lingerBy ||= Date.now() + LINGER_MS
    const timer = complete ? setTimeout(() => this.#exchange.abort(), this.#lingerBy - Date.now()) : undefined
    try {
      const { done, value } = await this.#chunks.next()
      return done ? undefined : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    } catch (error) {
      if (complete) return undefined
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Cuts a connection in the midst of an answer; after a whole one, the rest is read so that it can be used again. */
  async close(): Promise<void> {
    if (!this.#reader.complete) this.#exchange.abort()
    else while ((await this.next()) !== undefined);
  }
}

async function* stream(call: TextCall, connection: Connection): AsyncIterable<TextPart> {
  const exchange = new AbortController()
  const signal = AbortSignal.any([connection.signal, exchange.signal])
  const response = await post(call, { ...connection, signal }, true)
  const upstreamRequestId = response.headers['x-request-id']
  const framer = new EventFramer()
  const reader = new ChatStreamReader()
  const answer = new AnswerBytes(response, reader, exchange)
  const whole: Buffer[] = []
  let isWhole: boolean | undefined
  let begun = false
  let marked = false
  const read = function* (events: ReturnType<EventFramer['push']>): Iterable<TextPart> {
    for (const event of events) {
      const kind = reader.read(event)
      if (kind === 'error') throw openAIError(response.status, response.headers, reader.error, connection.provider)
      if (kind === 'done') marked = true
      if (kind !== 'content') continue
      begun = true
      yield* deltas(reader.chunk)
    }
  }
  try {
    // Usage that comes with the end or after it is the last that is to come.
    while (!marked && !(reader.complete && reader.chunk.usage)) {
      const bytes = await answer.next()
      if (bytes === undefined) break
      isWhole ??= beginsObject(bytes)
      if (isWhole) whole.push(bytes)
      else yield* read(framer.push(bytes))
    }
    if (isWhole) {
      // An error, or a server that does not stream: its answer is as good, and asking again would be paying again.
      const { text, ...end } = readCompletion(Buffer.concat(whole).toString(), response, connection)
      yield { type: 'text-delta', text }
      yield { type: 'finish', ...end }
      return
    }
    yield* read(framer.flush())
    if (!reader.complete && !(begun && marked && reader.wholeIfMarked)) {
      const what = begun ? 'ended the stream before the answer was complete' : 'ended the stream without an answer'
      throw new TurnoutError('invalid_output', `${connection.provider} ${what}.`, {
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
  } finally {
    void answer.close()
  }
}

/** Text by OpenAI's chat completions. */
export const openAIText: TextAdapter = { generate, stream }
