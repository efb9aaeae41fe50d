import { freshId } from '../random.ts'
import { compose, lastUserTurn, promptTokens, reasoningFor, seedOf, transcript, type Written } from '../text/compose.ts'
import { pieces } from '../text/tokens.ts'
import { writing } from '../text/unwritable.ts'
import type { JsonObject, StreamEvent, World } from '../types.ts'
import type { Part } from './contents.ts'
import { invalid } from './errors.ts'
import type { GenerateRequest } from './request.ts'

/** One candidate: its parts in the order in which they are streamed. */
export interface Candidate {
  parts: Part[]
  finish: string
  tokens: number
}

/** An answer before it takes the form of a body or of chunks. */
export interface Generation {
  id: string
  model: string
  candidates: Candidate[]
  inputTokens: number
  cachedTokens: number
  outputTokens: number
  thoughtTokens: number
  outputModality: 'TEXT' | 'IMAGE'
}

/** Tokens of a picture of usual size. Source: Gemini API docs, Token counting: 258 per tile. */
const PICTURE_TOKENS = 258

export function inputTokens({ turns, tools, format }: GenerateRequest): number {
  const pictures = turns.reduce((sum, turn) => sum + turn.pictures.length, 0)
  return promptTokens(turns, tools, format) + pictures * PICTURE_TOKENS
}

function partsOf(written: Written, thoughts: string[], signature: string): Part[] {
  const signed = (parts: Part[]): Part[] =>
    parts.map((part, index) => (index === 0 ? { ...part, thoughtSignature: signature } : part))
  const calls = written.calls.map(({ name, arguments: args }) => ({
    functionCall: { id: freshId('', 8), name, args: JSON.parse(args) as JsonObject },
  }))
  const text = written.pieces.map((piece) => ({ text: piece }))
  return [...thoughts.map((thought) => ({ text: thought, thought: true })), ...text, ...signed(calls)]
}

/** Writes the answer of a text model. */
export function generate(request: GenerateRequest, world: World): Generation {
  const { model, turns, tools, toolChoice, format, stop, maxTokens } = request
  const input = inputTokens(request)
  if (input > model.inputTokens) {
    throw invalid(
      `The input token count (${input}) exceeds the maximum number of tokens allowed (${model.inputTokens}).`,
    )
  }
  const base = seedOf(model.id, transcript(turns), tools, format, request.seed)
  const thoughts = pieces(reasoningFor(base, lastUserTurn(turns)?.text ?? '')).slice(
    0,
    Math.min(request.thinkingTokens, maxTokens),
  )
  const room = maxTokens - thoughts.length
  const shown = request.thoughtsShown ? thoughts : []
  const signature = Buffer.from(base).toString('base64')
  const candidates = Array.from({ length: request.candidates }, (_, index) => {
    const score = { seed: `${base}:${index}`, turns, tools, toolChoice, parallel: true, format, stop, room }
    const written = writing(() => compose(score), invalid)
    return {
      parts: partsOf(written, shown, signature),
      finish: written.finish === 'length' ? 'MAX_TOKENS' : 'STOP',
      tokens: written.tokens,
    }
  })
  return {
    id: freshId('', 23),
    model: model.id,
    candidates,
    inputTokens: input,
    cachedTokens: world.promptCache.use(model.id, transcript(turns)),
    outputTokens: candidates.reduce((sum, candidate) => sum + candidate.tokens, 0),
    thoughtTokens: thoughts.length,
    outputModality: 'TEXT',
  }
}

function usageOf(generation: Generation, written: number): JsonObject {
  const { inputTokens, cachedTokens, thoughtTokens, outputModality } = generation
  return {
    promptTokenCount: inputTokens,
    ...(cachedTokens > 0 ? { cachedContentTokenCount: cachedTokens } : {}),
    candidatesTokenCount: written,
    totalTokenCount: inputTokens + written + thoughtTokens,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: inputTokens }],
    ...(outputModality === 'IMAGE' ? { candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: written }] } : {}),
    ...(thoughtTokens > 0 ? { thoughtsTokenCount: thoughtTokens } : {}),
  }
}

function around(generation: Generation, candidates: JsonObject[], written: number): JsonObject {
  return {
    candidates,
    usageMetadata: usageOf(generation, written),
    modelVersion: generation.model,
    responseId: generation.id,
  }
}

/** Text parts of a kind in a row as one, as a buffered answer has them. */
function joined(parts: readonly Part[]): Part[] {
  const whole: Part[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    if (part.text !== undefined && last?.text !== undefined && last.thought === part.thought) last.text += part.text
    else whole.push({ ...part })
  }
  return whole
}

export function buffered(generation: Generation): JsonObject {
  const candidates = generation.candidates.map(({ parts, finish }, index) => ({
    content: { parts: joined(parts), role: 'model' },
    finishReason: finish,
    index,
  }))
  return around(generation, candidates, generation.outputTokens)
}

/** One chunk per part, then one with the finish reason. */
export function* streamed(generation: Generation): Generator<StreamEvent> {
  let written = 0
  let part: StreamEvent['part'] = 'start'
  for (const [index, candidate] of generation.candidates.entries()) {
    for (const one of candidate.parts) {
      if (one.text !== undefined && !one.thought) written++
      const chunk = { content: { parts: [one], role: 'model' }, index }
      yield { part, data: around(generation, [chunk], written) }
      part = 'content'
    }
  }
  const ends = generation.candidates.map(({ finish }, index) => ({
    content: { parts: [{ text: '' }], role: 'model' },
    finishReason: finish,
    index,
  }))
  yield { part: 'finish', data: around(generation, ends, generation.outputTokens) }
}

/** What moderation leaves of an answer: a 200 without candidates, or with one that has no content. */
export function blocked(generation: Generation): JsonObject {
  const { promptFeedback, candidates } =
    generation.outputModality === 'IMAGE'
      ? {
          promptFeedback: undefined,
          candidates: [
            { finishReason: 'IMAGE_SAFETY', finishMessage: 'Unable to show the generated image.', index: 0 },
          ],
        }
      : { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, candidates: undefined }
  return {
    ...(candidates ? { candidates } : {}),
    ...(promptFeedback ? { promptFeedback } : {}),
    usageMetadata: { promptTokenCount: generation.inputTokens, totalTokenCount: generation.inputTokens },
    modelVersion: generation.model,
    responseId: generation.id,
  }
}
