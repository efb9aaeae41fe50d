import { freshId } from '../random.ts'
import { pieces } from '../text/tokens.ts'
import type { Answer, Call, JsonObject, StreamEvent, World } from '../types.ts'
import { type ChatRequest, readChat } from './chat-request.ts'
import { type Choice, type Completion, complete } from './completion.ts'
import type { ModelTable } from './models.ts'

/** What every object of one answer says. */
interface Head {
  id: string
  created: number
}

const FINGERPRINT = 'fp_emulated'

function usageOf({ choices, promptTokens, cachedTokens }: Completion): JsonObject {
  const sum = (count: (choice: Choice) => number): number => choices.reduce((total, choice) => total + count(choice), 0)
  const completionTokens = sum((choice) => choice.tokens)
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: sum((choice) => choice.reasoningTokens),
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

function serviceTier(request: ChatRequest): string {
  return request.serviceTier === 'auto' ? 'default' : request.serviceTier
}

function message(choice: Choice): JsonObject {
  const base = { role: 'assistant', content: choice.pieces.join(''), refusal: null, annotations: [] }
  if (choice.calls.length === 0) return base
  const toolCalls = choice.calls.map(({ id, name, arguments: args }) => ({
    id,
    type: 'function',
    function: { name, arguments: args },
  }))
  return { ...base, content: null, tool_calls: toolCalls }
}

function buffered(head: Head, request: ChatRequest, completion: Completion): JsonObject {
  return {
    id: head.id,
    object: 'chat.completion',
    created: head.created,
    model: request.model.snapshot,
    choices: completion.choices.map((choice, index) => ({
      index,
      message: message(choice),
      logprobs: null,
      finish_reason: choice.finish,
    })),
    usage: usageOf(completion),
    service_tier: serviceTier(request),
    system_fingerprint: FINGERPRINT,
  }
}

/** The deltas of one choice, from the role on. */
function* deltas(choice: Choice): Generator<{ part: StreamEvent['part']; delta: JsonObject }> {
  const content = choice.calls.length > 0 ? null : ''
  yield { part: 'start', delta: { role: 'assistant', content, refusal: null } }
  for (const piece of choice.pieces) yield { part: 'content', delta: { content: piece } }
  for (const [index, call] of choice.calls.entries()) {
    const opening = { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }
    yield { part: 'content', delta: { tool_calls: [opening] } }
    for (const piece of pieces(call.arguments)) {
      yield { part: 'content', delta: { tool_calls: [{ index, function: { arguments: piece } }] } }
    }
  }
  yield { part: 'finish', delta: {} }
}

/** Events of a streamed answer; several choices take turns. */
function* streamed(head: Head, request: ChatRequest, completion: Completion): Generator<StreamEvent> {
  const chunk = (choices: JsonObject[], usage: JsonObject | null): JsonObject => ({
    id: head.id,
    object: 'chat.completion.chunk',
    created: head.created,
    model: request.model.snapshot,
    service_tier: serviceTier(request),
    system_fingerprint: FINGERPRINT,
    choices,
    ...(request.includeUsage ? { usage } : {}),
    ...(request.obfuscate ? { obfuscation: freshId('', 8) } : {}),
  })
  let open = completion.choices.map((choice, index) => ({ choice, index, deltas: deltas(choice) }))
  while (open.length > 0) {
    const still: typeof open = []
    for (const turn of open) {
      const next = turn.deltas.next()
      if (next.done) continue
      const { part, delta } = next.value
      const finish_reason = part === 'finish' ? turn.choice.finish : null
      yield { part, data: chunk([{ index: turn.index, delta, logprobs: null, finish_reason }], null) }
      still.push(turn)
    }
    open = still
  }
  if (request.includeUsage) yield { part: 'usage', data: chunk([], usageOf(completion)) }
  yield { part: 'end', data: '[DONE]' }
}

/** `POST /chat/completions` with OpenAI's models, or with those of a provider that speaks the same protocol. */
export function chat(call: Call, world: World, models: ModelTable = world.models): Answer {
  const request = readChat(call.json ?? {}, models)
  const completion = complete(request, world)
  const head = { id: freshId('chatcmpl-', 29), created: Math.floor(Date.now() / 1000) }
  const common = {
    model: request.model.id,
    charge: {
      model: request.model.id,
      inputTokens: completion.promptTokens,
      cachedInputTokens: completion.cachedTokens,
      outputTokens: completion.choices.reduce((sum, choice) => sum + choice.tokens, 0),
      images: 0,
    },
    firstDelayMs: world.delays.firstChunkDelayMs,
    betweenDelayMs: world.delays.chunkDelayMs,
  }
  return request.stream
    ? { ...common, streamed: true, events: () => streamed(head, request, completion) }
    : { ...common, streamed: false, body: () => buffered(head, request, completion) }
}
