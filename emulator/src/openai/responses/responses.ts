import { freshId } from '../../random.ts'
import {
  compose,
  lastUserTurn,
  promptTokens,
  reasoningFor,
  seedOf,
  transcript,
  type Written,
} from '../../text/compose.ts'
import { countPictureTokens, pieces } from '../../text/tokens.ts'
import { writing } from '../../text/unwritable.ts'
import type { Answer, Call, Charge, JsonObject, StreamEvent, World } from '../../types.ts'
import { badRequest } from '../errors.ts'
import { reasoningTokensOf } from '../reasoning.ts'
import type { Picture } from './input.ts'
import { callItem, type Item, messageItem, reasoningItem } from './items.ts'
import { type ResponseRequest, readResponseRequest } from './request.ts'

interface Response {
  id: string
  createdAt: number
  items: Item[]
  /** Why it is not complete. */
  incomplete: 'max_output_tokens' | 'content_filter' | undefined
  usage: JsonObject & { input_tokens: number; output_tokens: number }
  cachedTokens: number
}

function inputTokens({ turns, tools, format }: ResponseRequest): number {
  const pictures = turns.flatMap((turn) => turn.pictures as Picture[])
  return pictures.reduce(
    (sum, { width, height, detail }) => sum + countPictureTokens(width, height, detail),
    promptTokens(turns, tools, format),
  )
}

function itemsOf(request: ResponseRequest, written: Written, seed: string): Item[] {
  const summary = request.summarized ? pieces(reasoningFor(seed, lastUserTurn(request.turns)?.text ?? '')) : []
  const thought = request.model.reasoning && request.effort !== 'none' ? [reasoningItem(summary)] : []
  if (written.calls.length > 0) return [...thought, ...written.calls.map(callItem)]
  return written.pieces.length > 0 ? [...thought, messageItem(written.pieces, written.finish === 'stop')] : thought
}

function respond(request: ResponseRequest, world: World): Response {
  const { model, turns, tools, toolChoice, parallel, format, verbosity } = request
  const input = inputTokens(request)
  if (input > model.contextTokens) {
    throw badRequest(
      'Your input exceeds the context window of this model. Please adjust your input and try again.',
      'input',
      'context_length_exceeded',
    )
  }
  const seed = seedOf(model.snapshot, transcript(turns), tools, format, undefined)
  const reasoning = Math.min(reasoningTokensOf(request.effort), request.maxTokens ?? Number.POSITIVE_INFINITY)
  const room = (request.maxTokens ?? Number.POSITIVE_INFINITY) - reasoning
  const score = { seed: `${seed}:0`, turns, tools, toolChoice, parallel, format, stop: [], room, verbosity }
  const written = writing(
    () => compose(score),
    (message) => badRequest(message, 'text.format'),
  )
  const output = reasoning + written.tokens
  const cachedTokens = world.promptCache.use(model.snapshot, transcript(turns))
  return {
    id: freshId('resp_', 48).toLowerCase(),
    createdAt: Math.floor(Date.now() / 1000),
    items: itemsOf(request, written, seed),
    incomplete: written.finish === 'length' ? 'max_output_tokens' : undefined,
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cachedTokens },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: reasoning },
      total_tokens: input + output,
    },
    cachedTokens,
  }
}

/** The response object in a state. */
function shown(response: Response, { model, body, effort }: ResponseRequest, open: boolean): JsonObject {
  const { id, createdAt, items, incomplete, usage } = response
  return {
    id,
    object: 'response',
    created_at: createdAt,
    status: open ? 'in_progress' : incomplete ? 'incomplete' : 'completed',
    background: false,
    completed_at: open || incomplete ? null : Math.floor(Date.now() / 1000),
    error: null,
    incomplete_details: !open && incomplete ? { reason: incomplete } : null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: null,
    model: model.snapshot,
    output: open ? [] : items.map(({ whole }) => whole),
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: model.reasoning
      ? { effort, summary: (body.reasoning as JsonObject | undefined)?.summary ?? null }
      : { effort: null, summary: null },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: open ? 'auto' : 'default',
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: { format: { type: 'text' }, verbosity: 'medium', ...((body.text as JsonObject | undefined) ?? {}) },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_logprobs: 0,
    top_p: body.top_p ?? 1,
    truncation: body.truncation ?? 'disabled',
    usage: open ? null : usage,
    user: body.user ?? null,
    metadata: body.metadata ?? {},
  }
}

function* streamed(response: Response, request: ResponseRequest): Generator<StreamEvent> {
  let sequence_number = 0
  const event = (part: StreamEvent['part'], data: JsonObject & { type: string }): StreamEvent => ({
    part,
    event: data.type,
    data: { ...data, sequence_number: sequence_number++ },
  })
  yield event('start', { type: 'response.created', response: shown(response, request, true) })
  yield event('start', { type: 'response.in_progress', response: shown(response, request, true) })
  for (const [output_index, item] of response.items.entries()) {
    for (const data of item.events) {
      const hidden = request.obfuscate && data.type.endsWith('.delta') ? { obfuscation: freshId('', 8) } : {}
      yield event('content', { ...data, output_index, ...hidden })
    }
  }
  const type = response.incomplete ? 'response.incomplete' : 'response.completed'
  yield event('finish', { type, response: shown(response, request, false) })
}

/** An error inside this stream has a type of its own. */
function errorEvent(
  error: JsonObject = { type: 'server_error', code: 'server_error', message: 'The server had an error.', param: null },
): StreamEvent {
  return { part: 'end', event: 'error', data: { type: 'error', sequence_number: 0, error } }
}

/** `POST /responses`; nothing is stored, whatever `store` says. */
export function responses(call: Call, world: World): Answer {
  const request = readResponseRequest(call.json ?? {}, world)
  const response = respond(request, world)
  const moderated = (): Response => ({ ...response, items: [], incomplete: 'content_filter' })
  const charge: Charge = {
    model: request.model.id,
    inputTokens: response.usage.input_tokens,
    cachedInputTokens: response.cachedTokens,
    outputTokens: response.usage.output_tokens,
  }
  const common = {
    model: request.model.id,
    charge,
    // The filter judges what has been written by then.
    chargeAfter: () => charge,
    fates: ['moderated' as const],
    firstDelayMs: world.delays.firstChunkDelayMs,
    betweenDelayMs: world.delays.chunkDelayMs,
  }
  return request.stream
    ? { ...common, streamed: true, errorEvent, events: (fate) => streamed(fate ? moderated() : response, request) }
    : { ...common, streamed: false, body: (fate) => shown(fate ? moderated() : response, request, false) }
}
