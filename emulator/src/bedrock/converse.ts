import { invalid } from '../aws/errors.ts'
import { EVENT_STREAM } from '../http/event-stream.ts'
import { freshId } from '../random.ts'
import { compose, lastUserTurn, promptTokens, reasoningFor, seedOf, transcript, type Written } from '../text/compose.ts'
import { pieces } from '../text/tokens.ts'
import { writing } from '../text/unwritable.ts'
import type { Answer, Call, JsonObject, StreamEvent, World } from '../types.ts'
import { type ConverseRequest, readConverse } from './request.ts'

interface Conversation {
  thoughts: string[]
  signature: string
  written: Written
  inputTokens: number
  outputTokens: number
  filtered: boolean
}

const PICTURE_TOKENS = 1400

function write(request: ConverseRequest): Conversation {
  const { model, turns, tools, toolChoice, format, stop, maxTokens, thinkingTokens } = request
  const pictures = turns.reduce((sum, turn) => sum + turn.pictures.length, 0)
  const inputTokens = promptTokens(turns, tools, format) + pictures * PICTURE_TOKENS
  if (inputTokens > model.contextTokens) {
    throw invalid('The model returned the following errors: Input is too long for requested model.')
  }
  const seed = seedOf(model.id, transcript(turns), tools, format)
  const thoughts = pieces(reasoningFor(seed, lastUserTurn(turns)?.text ?? '')).slice(
    0,
    Math.min(thinkingTokens, maxTokens),
  )
  const room = maxTokens - thoughts.length
  const score = { seed, turns, tools, toolChoice, parallel: true, format, stop, room }
  const written = writing(() => compose(score), invalid)
  return {
    thoughts,
    signature: Buffer.from(seed).toString('base64'),
    written,
    inputTokens,
    outputTokens: thoughts.length + written.tokens,
    filtered: false,
  }
}

function stopReason({ filtered, written }: Conversation): string {
  if (filtered) return 'content_filtered'
  if (written.finish === 'tools') return 'tool_use'
  if (written.finish === 'length') return 'max_tokens'
  return written.stopSequence === undefined ? 'end_turn' : 'stop_sequence'
}

function usageOf({ inputTokens, outputTokens }: Conversation): JsonObject {
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadInputTokens: 0,
    cacheWriteInputTokens: 0,
    serverToolUsage: {},
  }
}

/** One block: what starts it in a stream, its deltas, and the whole. */
interface Block {
  start: JsonObject | undefined
  deltas: JsonObject[]
  whole: JsonObject
}

function blocksOf({ thoughts, signature, written, filtered }: Conversation): Block[] {
  if (filtered) return []
  const blocks: Block[] = []
  if (thoughts.length > 0) {
    blocks.push({
      start: undefined,
      deltas: [...thoughts.map((text) => ({ reasoningContent: { text } })), { reasoningContent: { signature } }],
      whole: { reasoningContent: { reasoningText: { text: thoughts.join(''), signature } } },
    })
  }
  if (written.pieces.length > 0) {
    blocks.push({
      start: undefined,
      deltas: written.pieces.map((text) => ({ text })),
      whole: { text: written.pieces.join('') },
    })
  }
  for (const { name, arguments: args } of written.calls) {
    const toolUseId = freshId('tooluse_', 22)
    blocks.push({
      start: { toolUse: { toolUseId, name } },
      deltas: pieces(args).map((input) => ({ toolUse: { input } })),
      whole: { toolUse: { toolUseId, name, input: JSON.parse(args) } },
    })
  }
  return blocks
}

function buffered(conversation: Conversation): JsonObject {
  return {
    metrics: { latencyMs: 1 },
    output: { message: { content: blocksOf(conversation).map(({ whole }) => whole), role: 'assistant' } },
    stopReason: stopReason(conversation),
    usage: usageOf(conversation),
  }
}

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Payloads are padded, so that their sizes tell nothing. */
function padded(event: string, part: StreamEvent['part'], data: JsonObject): StreamEvent {
  return { part, event, data: { ...data, p: PADDING.slice(0, 1 + (JSON.stringify(data).length % PADDING.length)) } }
}

function* streamed(conversation: Conversation): Generator<StreamEvent> {
  yield padded('messageStart', 'start', { role: 'assistant' })
  for (const [contentBlockIndex, { start, deltas }] of blocksOf(conversation).entries()) {
    if (start) yield padded('contentBlockStart', 'content', { contentBlockIndex, start })
    for (const delta of deltas) yield padded('contentBlockDelta', 'content', { contentBlockIndex, delta })
    yield padded('contentBlockStop', 'content', { contentBlockIndex })
  }
  yield padded('messageStop', 'finish', { stopReason: stopReason(conversation) })
  yield padded('metadata', 'usage', { metrics: { latencyMs: 1 }, usage: usageOf(conversation) })
}

function prepare(call: Call, world: World) {
  const request = readConverse(call, world)
  const conversation = write(request)
  const model = request.model.id
  const { inputTokens, outputTokens } = conversation
  return {
    conversation,
    filtered: { ...conversation, outputTokens: 0, filtered: true },
    common: {
      model,
      charge: { model, inputTokens, outputTokens },
      chargeAfter: () => ({ model, inputTokens }),
      fates: ['moderated' as const],
      firstDelayMs: world.delays.firstChunkDelayMs,
      betweenDelayMs: world.delays.chunkDelayMs,
    },
  }
}

/** `POST /model/{id}/converse` */
export function converse(call: Call, world: World): Answer {
  const { common, conversation, filtered } = prepare(call, world)
  return { ...common, streamed: false, body: (fate) => buffered(fate ? filtered : conversation) }
}

/** `POST /model/{id}/converse-stream` */
export function converseStream(call: Call, world: World): Answer {
  const { common, conversation, filtered } = prepare(call, world)
  return {
    ...common,
    streamed: true,
    framing: EVENT_STREAM,
    events: (fate) => streamed(fate ? filtered : conversation),
  }
}
