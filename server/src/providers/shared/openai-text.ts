import type { FinishReason } from '@turnout/contract'
import type { Connection, TextAdapter, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { finishReason } from '../../core/openai/finish.ts'
import { type ChatChunk, ChatStreamReader } from '../../core/openai/stream.ts'
import { readUsage } from '../../core/openai/usage.ts'
import type { ContentPart, TextCall, TextMessage, TextPart, TextResult, ToolCall } from '../../core/text.ts'
import { EventFramer, MOST_PENDING, type ServerSentEvent } from '../../lib/sse.ts'
import { following } from './exchange.ts'
import { type ErrorReader, invalidOutput, isReadable, refusalOf, text } from './failure.ts'
import { openAIHeaders, versionedBase } from './openai-door.ts'
import { openAIError } from './openai-errors.ts'

const wireContent = (content: readonly ContentPart[]): unknown =>
  content.every((part) => part.type === 'text')
    ? content.map((part) => part.text).join('')
    : content.map((part) =>
        part.type === 'text'
          ? part
          : {
              type: 'image_url',
              image_url: {
                url:
                  'url' in part.picture
                    ? part.picture.url
                    : `data:${part.picture.mediaType};base64,${part.picture.base64}`,
                detail: part.detail,
              },
            },
      )

const wireToolCall = ({ id, name, arguments: args }: ToolCall) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})

function wireMessage(message: TextMessage): unknown {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text }
    case 'user':
      return { role: 'user', content: wireContent(message.content) }
    case 'assistant':
      return { role: 'assistant', content: message.text || null, tool_calls: message.toolCalls?.map(wireToolCall) }
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: wireContent(message.content) }
  }
}

const wireFormat = ({ output }: TextCall): unknown =>
  output?.type === 'schema'
    ? {
        type: 'json_schema',
        json_schema: {
          name: output.name,
          description: output.description,
          schema: output.schema,
          strict: output.strict,
        },
      }
    : output && { type: 'json_object' }

/** What the call itself says; the encoder leaves out what is undefined. */
function settings(call: TextCall, connection: Connection): Record<string, unknown> {
  const choice = call.toolChoice
  return {
    tools: call.tools?.map((tool) => ({ type: 'function', function: tool })),
    tool_choice: typeof choice === 'object' ? { type: 'function', function: choice } : choice,
    parallel_tool_calls: call.parallelToolCalls,
    response_format: wireFormat(call),
    [connection.flags.tokenField ?? 'max_tokens']: call.maxTokens,
    temperature: call.temperature,
    top_p: call.topP,
    stop: call.stop,
    seed: call.seed,
    presence_penalty: call.presencePenalty,
    frequency_penalty: call.frequencyPenalty,
    reasoning_effort: call.reasoning,
    user: call.user,
  }
}

/** What the call says, and where it says nothing the model's defaults. */
function withDefaults(own: Record<string, unknown>, defaults: TextCall['defaults'] = {}): Record<string, unknown> {
  for (const name of Object.keys(defaults)) if (own[name] === undefined) own[name] = defaults[name]
  return own
}

function requestBody(call: TextCall, connection: Connection, stream: boolean): string {
  return JSON.stringify({
    ...withDefaults(settings(call, connection), call.defaults),
    model: call.model,
    messages: call.messages.map(wireMessage),
    // Whether and how to stream is the call's alone: a default of the model does not decide it.
    stream: stream || undefined,
    stream_options: stream && connection.flags.streamUsage !== false ? { include_usage: true } : undefined,
  })
}

async function post(
  call: TextCall,
  connection: Connection,
  stream: boolean,
  readError: ErrorReader,
): Promise<TransportResponse> {
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
  if (isReadable(response)) return response
  throw await refusalOf(response, connection.provider, readError)
}

interface Completion {
  error?: unknown
  choices?: {
    message?: {
      content?: unknown
      refusal?: unknown
      reasoning_content?: unknown
      reasoning?: unknown
      tool_calls?: unknown
    }
    finish_reason?: unknown
  }[]
  usage?: unknown
}

interface WireToolCall {
  index?: unknown
  id?: unknown
  function?: { name?: unknown; arguments?: unknown } | null
}

const readToolCalls = (calls: unknown): ToolCall[] =>
  (Array.isArray(calls) ? (calls as (WireToolCall | null)[]) : []).flatMap((call) => {
    const name = text(call?.function?.name)
    return name === undefined ? [] : [{ id: text(call?.id) ?? '', name, arguments: written(call?.function?.arguments) }]
  })

/** Arguments are JSON in a text; some servers forget the text around it. */
const written = (args: unknown): string =>
  typeof args === 'string' ? args : args === undefined || args === null ? '' : JSON.stringify(args)

const endOf = (raw: string | null, refused: boolean): FinishReason =>
  refused ? 'content-filter' : raw === null ? 'other' : finishReason(raw)

/** A whole completion. @throws TurnoutError invalid_output, or what the body says went wrong */
function readCompletion(
  body: string,
  response: TransportResponse,
  connection: Connection,
  readError: ErrorReader,
): TextResult {
  const upstreamRequestId = response.headers['x-request-id']
  let completion: Completion | null = null
  try {
    completion = JSON.parse(body) as Completion | null
  } catch {}
  if (completion?.error) throw readError(response.status, response.headers, body, connection.provider)
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
  const { content, refusal, reasoning_content, reasoning, tool_calls } = choice.message
  const raw = text(choice.finish_reason) ?? null
  // OpenAI ends a refusal as it ends an answer.
  const refused = typeof refusal === 'string' && refusal !== ''
  const thoughts = reasoning_content ?? reasoning
  return {
    text: typeof content === 'string' ? content : refused ? refusal : '',
    reasoning: typeof thoughts === 'string' && thoughts !== '' ? thoughts : undefined,
    toolCalls: readToolCalls(tool_calls),
    warnings: [],
    reason: endOf(raw, refused),
    raw,
    usage: readUsage(completion?.usage),
    upstreamRequestId,
  }
}

async function generate(call: TextCall, connection: Connection, readError: ErrorReader): Promise<TextResult> {
  const response = await post(call, connection, false, readError)
  return readCompletion(await response.text(), response, connection, readError)
}

/** What a chunk brings of the first choice; there are others where the defaults of a model ask for them. */
function deltas({ choices }: ChatChunk): TextPart[] {
  const parts: TextPart[] = []
  const delta = choices?.find((choice) => (choice?.index ?? 0) === 0)?.delta
  if (!delta) return parts
  const reasoning = delta.reasoning_content ?? delta.reasoning
  if (typeof reasoning === 'string' && reasoning !== '') parts.push({ type: 'reasoning-delta', text: reasoning })
  const said = delta.content ?? delta.refusal
  if (typeof said === 'string' && said !== '') parts.push({ type: 'text-delta', text: said })
  if (!Array.isArray(delta.tool_calls)) return parts
  for (const call of delta.tool_calls as (WireToolCall | null)[]) {
    if (!call) continue
    const { index, id, function: called } = call
    parts.push({
      type: 'tool-call-delta',
      index: typeof index === 'number' ? index : 0,
      // DashScope repeats the fields of the first delta, emptied.
      id: text(id),
      name: text(called?.name),
      arguments: called ? written(called.arguments) : undefined,
    })
  }
  return parts
}

/** How long an upstream may still be listened to after a complete answer: usage and the end marker may come. */
const LINGER_MS = 5_000

/** Whether bytes are the beginning of a JSON object, which no event stream is; undefined while they are blank. */
function beginsObject(bytes: Uint8Array): boolean | undefined {
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

  /** The next bytes. */
  next(): Promise<IteratorResult<Uint8Array, unknown>> {
    return this.#reader.complete ? this.#linger() : this.#chunks.next()
  }

  async #linger(): Promise<IteratorResult<Uint8Array, unknown>> {
    this.#lingerBy ||= Date.now() + LINGER_MS
    const timer = setTimeout(() => this.#exchange.abort(), this.#lingerBy - Date.now())
    try {
      return await this.#chunks.next()
    } catch {
      return { done: true, value: undefined }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Cuts a connection in the midst of an answer; after a whole one, the rest is read so that it can be used again. */
  async close(): Promise<void> {
    if (!this.#reader.complete) this.#exchange.abort()
    else while (!(await this.next()).done);
  }
}

const NOTHING: readonly TextPart[] = []

async function* stream(call: TextCall, connection: Connection, readError: ErrorReader): AsyncIterable<TextPart> {
  const exchange = following(connection.signal)
  const response = await post(call, { ...connection, signal: exchange.signal }, true, readError)
  const upstreamRequestId = response.headers['x-request-id']
  const framer = new EventFramer()
  const reader = new ChatStreamReader()
  const answer = new AnswerBytes(response, reader, exchange)
  const whole: Uint8Array[] = []
  let size = 0
  let isWhole: boolean | undefined
  let begun = false
  let marked = false
  let refused = false
  const read = (event: ServerSentEvent): readonly TextPart[] => {
    const kind = reader.read(event)
    if (kind === 'error') throw readError(response.status, response.headers, reader.error, connection.provider)
    // What is damaged after a whole answer leaves no hole in it.
    if (kind === 'broken' && !reader.complete) {
      throw invalidOutput(connection.provider, 'sent a damaged piece of its answer', response)
    }
    if (kind === 'done') marked = true
    if (kind !== 'content') return NOTHING
    begun = true
    refused ||= Boolean(reader.chunk.choices?.[0]?.delta?.refusal)
    return deltas(reader.chunk)
  }
  try {
    // Usage that comes with the end or after it is the last that is to come.
    while (!marked && !(reader.complete && reader.chunk.usage)) {
      const { done, value } = await answer.next()
      if (done) break
      isWhole ??= beginsObject(value)
      // Not `yield*`, which makes promises of its own for every part of what is no promise.
      if (isWhole) {
        whole.push(value)
        size += value.length
      } else for (const event of framer.push(value)) for (const part of read(event)) yield part
      if (Math.max(size, framer.pending) > MOST_PENDING) {
        throw invalidOutput(connection.provider, 'sent an endless answer', response)
      }
    }
    if (isWhole) {
      // An error, or a server that does not stream: its answer is as good, and asking again would be paying again.
      yield* inParts(readCompletion(Buffer.concat(whole).toString(), response, connection, readError))
      return
    }
    for (const event of framer.flush()) for (const part of read(event)) yield part
    if (!reader.complete && !(begun && marked && reader.wholeIfMarked)) {
      const what = begun ? 'ended the stream before the answer was complete' : 'ended the stream without an answer'
      throw new TurnoutError('invalid_output', `${connection.provider} ${what}.`, {
        provider: connection.provider,
        upstreamRequestId,
      })
    }
    yield {
      type: 'finish',
      reason: endOf(reader.finish, refused),
      raw: reader.finish,
      usage: reader.usage,
      warnings: [],
      upstreamRequestId,
    }
  } finally {
    void answer.close()
  }
}

/** A whole answer as the stream it would have been. */
function* inParts({ text, reasoning, toolCalls, ...end }: TextResult): Iterable<TextPart> {
  if (reasoning) yield { type: 'reasoning-delta', text: reasoning }
  yield { type: 'text-delta', text }
  for (const [index, call] of toolCalls.entries()) yield { type: 'tool-call-delta', index, ...call }
  yield { type: 'finish', ...end }
}

/** Text by OpenAI's chat completions, for a server whose errors have words of their own. */
export const createOpenAIText = (readError: ErrorReader): TextAdapter => ({
  links: true,
  generate: (call, connection) => generate(call, connection, readError),
  stream: (call, connection) => stream(call, connection, readError),
})

/** Text by OpenAI's chat completions. */
export const openAIText: TextAdapter = createOpenAIText(openAIError)
