import { createHash } from 'node:crypto'
import { randomFrom } from '../random.ts'
import type { JsonObject } from '../types.ts'
import { generateObject, generateText } from './generate.ts'
import { generateValue } from './schema.ts'
import { countTokens, pieces } from './tokens.ts'
import { chooseCalls, type Tool, type ToolCall } from './tools.ts'
import { topicOf } from './topic.ts'

/** A message of any provider as the generator reads it. Tool results are turns of their own. */
export interface Turn {
  /** `system`, `user`, `assistant`, `tool` or what a provider calls them. */
  role: string
  text: string
  pictures: readonly unknown[]
  toolCallId: string | undefined
  /** Names of the functions that an assistant's turn called, by call id. */
  calls: ReadonlyMap<string, string>
}

export type Format = { type: 'text' | 'json_object' } | { type: 'json_schema'; schema: JsonObject }

/** What an answer is made from. */
export interface Score {
  /** Everything that makes the answer what it is. */
  seed: string
  turns: readonly Turn[]
  tools: readonly Tool[]
  /** `none`, `auto`, `required`, or the tool that must be called. */
  toolChoice: 'none' | 'auto' | 'required' | Tool
  parallel: boolean
  format: Format
  stop: readonly string[]
  /** The beginning of the answer, which the request brings; what is written goes on from there. */
  begun?: string
  /** Tokens that fit. */
  room: number
  verbosity?: string
  /** What is to be said word for word. */
  script?: string | undefined
}

export interface Written {
  /** The text in pieces as they are streamed; empty beside tool calls. */
  pieces: string[]
  calls: ToolCall[]
  finish: 'stop' | 'length' | 'tools'
  /** The sequence that the text ended before. */
  stopSequence: string | undefined
  tokens: number
}

/** The seed of an answer: the same parts always give the same one. */
export function seedOf(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64')
}

/** The whole conversation as one text. */
export function transcript(turns: readonly Turn[]): string {
  return turns.map((turn) => `${turn.role}: ${turn.text}`).join('\n')
}

export function lastUserTurn(turns: readonly Turn[]): Turn | undefined {
  return turns.findLast((turn) => turn.role === 'user')
}

/** Results of the tool turns at the end of the conversation, with the names of the functions called. */
function toolResults(turns: readonly Turn[]): { name: string; text: string }[] {
  const results: { name: string; text: string }[] = []
  const end = turns.findLastIndex((turn) => turn.role !== 'tool')
  for (const turn of turns.slice(end + 1)) {
    results.push({ name: turns[end]?.calls.get(turn.toolCallId ?? '') ?? 'the tool', text: turn.text })
  }
  return results
}

function callTools({ toolChoice, tools, parallel, turns, seed }: Score, prompt: string): ToolCall[] {
  if (toolChoice === 'none') return []
  if (toolChoice === 'auto' && turns.at(-1)?.role !== 'user') return []
  if (typeof toolChoice === 'object') return chooseCalls([toolChoice], prompt, seed, false)
  return chooseCalls(tools, prompt, seed, parallel)
}

function writeText({ format, turns, seed, verbosity = 'medium', script }: Score, prompt: string): string {
  if (script !== undefined) return script
  if (format.type === 'json_object') return JSON.stringify(generateObject(seed, prompt))
  if (format.type === 'json_schema') {
    const source = { random: randomFrom(seed), topic: topicOf(prompt), prompt }
    return JSON.stringify(generateValue(format.schema, source))
  }
  const pictures = lastUserTurn(turns)?.pictures.length ?? 0
  return generateText({ seed, prompt, toolResults: toolResults(turns), pictures, verbosity })
}

/** What a model adds to a beginning: the rest of its own text, or another one where that began otherwise. */
const continued = (text: string, begun: string): string =>
  begun === '' ? text : text.startsWith(begun) ? text.slice(begun.length) : ` ${text}`

/** The first stop sequence in the text, and the text before it. */
function untilStop(text: string, stop: readonly string[]): { text: string; stopSequence: string | undefined } {
  const found = stop
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at !== -1)
    .sort((one, other) => one.at - other.at)[0]
  return found ? { text: text.slice(0, found.at), stopSequence: found.sequence } : { text, stopSequence: undefined }
}

/**
 * The answer of a model that is not there. It depends on the score alone.
 *
 * @throws PatternError, UnsatisfiableError where a schema cannot be satisfied
 */
export function compose(score: Score): Written {
  const prompt = lastUserTurn(score.turns)?.text ?? ''
  if (score.room <= 0) return { pieces: [], calls: [], finish: 'length', stopSequence: undefined, tokens: 0 }
  const calls = score.script === undefined ? callTools(score, prompt) : []
  if (calls.length > 0) {
    const tokens = calls.reduce((sum, call) => sum + countTokens(call.name) + countTokens(call.arguments), 0)
    return { pieces: [], calls, finish: 'tools', stopSequence: undefined, tokens }
  }
  const { text, stopSequence } = untilStop(continued(writeText(score, prompt), score.begun ?? ''), score.stop)
  const all = pieces(text)
  const kept = all.slice(0, score.room)
  const whole = kept.length === all.length
  return {
    pieces: kept,
    calls: [],
    finish: whole ? 'stop' : 'length',
    stopSequence: whole ? stopSequence : undefined,
    tokens: kept.length,
  }
}

/** A summary of thoughts about the prompt, as reasoning models show it. */
export function reasoningFor(seed: string, prompt: string): string {
  return generateText({ seed: `${seed}:thinking`, prompt, toolResults: [], pictures: 0, verbosity: 'low' })
}

/** Tokens that frame a message, and the answer as a whole. */
const TURN_OVERHEAD = 3

/** Tokens of a prompt without its pictures. */
export function promptTokens(turns: readonly Turn[], tools: readonly Tool[], format: Format): number {
  let tokens = TURN_OVERHEAD
  for (const turn of turns) {
    tokens += TURN_OVERHEAD + countTokens(turn.text)
    for (const name of turn.calls.values()) tokens += countTokens(name)
  }
  for (const tool of tools) tokens += countTokens(JSON.stringify(tool))
  if (format.type === 'json_schema') tokens += countTokens(JSON.stringify(format.schema))
  return tokens
}
