import { freshId } from '../random.ts'
import {
  compose,
  lastUserTurn,
  promptTokens,
  reasoningFor,
  seedOf,
  type Turn,
  transcript,
  type Written,
} from '../text/compose.ts'
import { pieces } from '../text/tokens.ts'
import { writing } from '../text/unwritable.ts'
import type { Answer, Call, Charge, JsonObject, StreamEvent, World } from '../types.ts'
import { invalid } from './errors.ts'
import { type MessageRequest, readMessageRequest } from './request.ts'
import type { Picture } from './turns.ts'

/** An answer before it takes the form of a body or of events. */
interface Message {
  id: string
  model: string
  thoughts: string[]
  signature: string
  written: Written
  inputTokens: number
  cachedTokens: number
  outputTokens: number
  refused: boolean
}

/** Source: Claude docs, Vision: tokens are about width times height divided by 750. */
const pictureTokens = ({ width, height }: Picture): number =>
  Math.min(1600, Math.max(1, Math.round((width * height) / 750)))

export function inputTokens({ turns, tools, format }: MessageRequest): number {
  const pictures = turns.flatMap((turn) => turn.pictures as Picture[])
  return promptTokens(turns, tools, format) + pictures.reduce((sum, one) => sum + pictureTokens(one), 0)
}

/** The conversation without the message that the answer goes on with, and that message. */
function splitPrefill(turns: readonly Turn[]): { asked: readonly Turn[]; begun: string } {
  const last = turns.at(-1)
  return last?.role === 'assistant' ? { asked: turns.slice(0, -1), begun: last.text } : { asked: turns, begun: '' }
}

function write(request: MessageRequest, world: World): Message {
  const { model, turns, tools, toolChoice, parallel, format, stop, maxTokens, thinkingTokens } = request
  const input = inputTokens(request)
  if (input > model.contextTokens) {
    throw invalid(`prompt is too long: ${input} tokens > ${model.contextTokens} maximum`)
  }
  const { asked, begun } = splitPrefill(turns)
  const seed = seedOf(model.snapshot, transcript(asked), tools, format)
  const thoughts = pieces(reasoningFor(seed, lastUserTurn(turns)?.text ?? '')).slice(
    0,
    Math.min(thinkingTokens, maxTokens),
  )
  const room = maxTokens - thoughts.length
  const written = writing(
    () => compose({ seed, turns: asked, begun, tools, toolChoice, parallel, format, stop, room }),
    invalid,
  )
  return {
    id: freshId('msg_01', 22),
    model: model.snapshot,
    thoughts,
    signature: Buffer.from(seed).toString('base64'),
    written: { ...written, calls: written.calls },
    inputTokens: input,
    cachedTokens: world.promptCache.use(model.snapshot, transcript(turns)),
    outputTokens: thoughts.length + written.tokens,
    refused: false,
  }
}

function usageOf(message: Message, outputTokens: number): JsonObject {
  return {
    input_tokens: message.inputTokens - message.cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: message.cachedTokens,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: message.thoughts.length },
    service_tier: 'standard',
    inference_geo: 'global',
  }
}

const REFUSAL_DETAILS = {
  type: 'refusal',
  category: 'cyber',
  explanation: "This request was blocked under Anthropic's Usage Policy.",
}

function stopOf({ written, refused }: Message): JsonObject {
  if (refused) return { stop_reason: 'refusal', stop_sequence: null, stop_details: REFUSAL_DETAILS }
  const reason =
    written.finish === 'tools'
      ? 'tool_use'
      : written.finish === 'length'
        ? 'max_tokens'
        : written.stopSequence === undefined
          ? 'end_turn'
          : 'stop_sequence'
  return { stop_reason: reason, stop_sequence: written.stopSequence ?? null, stop_details: null }
}

/** One block of the content: as it starts, its deltas, and as it is in a whole message. */
interface Block {
  start: JsonObject
  deltas: JsonObject[]
  whole: JsonObject
}

function blocksOf({ thoughts, signature, written, refused }: Message, shown: boolean): Block[] {
  if (refused) return []
  const blocks: Block[] = []
  if (thoughts.length > 0) {
    const visible = shown ? thoughts : []
    blocks.push({
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...visible.map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature },
      ],
      whole: { type: 'thinking', thinking: visible.join(''), signature },
    })
  }
  if (written.pieces.length > 0) {
    blocks.push({
      start: { type: 'text', text: '' },
      deltas: written.pieces.map((text) => ({ type: 'text_delta', text })),
      whole: { type: 'text', text: written.pieces.join('') },
    })
  }
  for (const call of written.calls) {
    const id = freshId('toolu_01', 22)
    blocks.push({
      start: { type: 'tool_use', id, name: call.name, input: {} },
      deltas: ['', ...pieces(call.arguments)].map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      whole: { type: 'tool_use', id, name: call.name, input: JSON.parse(call.arguments) },
    })
  }
  return blocks
}

function head({ id, model }: Message): JsonObject {
  return { model, id, type: 'message', role: 'assistant' }
}

function buffered(message: Message, shown: boolean): JsonObject {
  return {
    ...head(message),
    content: blocksOf(message, shown).map((block) => block.whole),
    ...stopOf(message),
    usage: usageOf(message, message.outputTokens),
  }
}

function* streamed(message: Message, shown: boolean): Generator<StreamEvent> {
  const event = (part: StreamEvent['part'], type: string, fields: JsonObject = {}): StreamEvent => ({
    part,
    event: type,
    data: { type, ...fields },
  })
  const opening = {
    ...head(message),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: usageOf(message, 1),
  }
  yield event('start', 'message_start', { message: opening })
  yield event('start', 'ping')
  for (const [index, { start, deltas }] of blocksOf(message, shown).entries()) {
    yield event('content', 'content_block_start', { index, content_block: start })
    for (const delta of deltas) yield event('content', 'content_block_delta', { index, delta })
    yield event('content', 'content_block_stop', { index })
  }
  yield event('finish', 'message_delta', {
    delta: stopOf(message),
    usage: usageOf(message, message.outputTokens),
  })
  yield event('end', 'message_stop')
}

/** `POST /v1/messages` */
export function messages(call: Call, world: World): Answer {
  const request = readMessageRequest(call, world)
  const message = write(request, world)
  const shown = request.thoughtsShown
  const refused = (): Message => ({ ...message, thoughts: [], outputTokens: 1, refused: true })
  const chargeOf = ({ model, inputTokens, cachedTokens, outputTokens }: Message): Charge => ({
    model,
    inputTokens,
    cachedInputTokens: cachedTokens,
    outputTokens,
  })
  const common = {
    model: request.model.id,
    charge: chargeOf(message),
    chargeAfter: () => chargeOf(refused()),
    fates: ['moderated' as const],
    firstDelayMs: world.delays.firstChunkDelayMs,
    betweenDelayMs: world.delays.chunkDelayMs,
  }
  return request.stream
    ? { ...common, streamed: true, events: (fate) => streamed(fate ? refused() : message, shown) }
    : { ...common, streamed: false, body: (fate) => buffered(fate ? refused() : message, shown) }
}

/** `POST /v1/messages/count_tokens` */
export function countMessageTokens(call: Call, world: World): Answer {
  const request = readMessageRequest(call, world, true)
  return {
    streamed: false,
    model: request.model.id,
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: () => ({ input_tokens: inputTokens(request) }),
  }
}
