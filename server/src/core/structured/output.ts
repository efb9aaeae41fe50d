import type { Capabilities, FinishReason } from '@turnout/contract'
import type { OutputFormat } from '../text.ts'
import { FenceStripper } from './fence.ts'
import { compileSchema, type ValueCheck } from './schema.ts'

/** In which form an answer must come, and how the model gets to know it. */
export interface OutputPlan {
  format: OutputFormat
  /** The model has no mode for it: it is told in words, and its answer may come in a code fence. */
  instructed: boolean
  /** What is wrong with the text of a whole answer; undefined where it fits. */
  problem(text: string): string | undefined
  warnings: string[]
}

const anyObject: ValueCheck = (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'must be an object'

/** An answer whose format cannot be checked is at least JSON. */
const anything: ValueCheck = () => undefined

function textCheck(check: ValueCheck): OutputPlan['problem'] {
  return (text) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return 'is not JSON'
    }
    const problem = check(value)
    return problem && `does not fit what was asked for: ${problem}`
  }
}

export function planOutput(format: OutputFormat | undefined, capabilities: Capabilities): OutputPlan | undefined {
  if (format === undefined) return undefined
  if (format.type === 'json') {
    return { format, instructed: capabilities.jsonMode === false, problem: textCheck(anyObject), warnings: [] }
  }
  const compiled = compileSchema(format.schema)
  const isKnown = 'check' in compiled
  return {
    format,
    instructed: capabilities.structuredOutput === false,
    problem: textCheck(isKnown ? compiled.check : anything),
    warnings: isKnown ? [] : [`The answer is not checked against its JSON Schema: ${compiled.obstacle}.`],
  }
}

/** What a model is told that has no mode for the format. */
export function instruction(format: OutputFormat): string {
  const what = format.type === 'json' ? 'one JSON object' : 'one JSON value that is valid against the JSON Schema below'
  const rule = `Answer with ${what}, and with nothing else: no explanation, no code fence.`
  if (format.type === 'json') return rule
  const about = format.description === undefined ? '' : `\n\nWhat the answer is: ${format.description}`
  return `${rule}${about}\n\nJSON Schema:\n${JSON.stringify(format.schema)}`
}

/** Answers that need not fit: they are cut or withheld, or have not been written yet. */
const EXEMPT: ReadonlySet<FinishReason> = new Set(['length', 'content-filter', 'tool-calls', 'error'])

/** Reads one answer as it comes in, whole or in pieces. */
export class OutputReader {
  readonly #plan: OutputPlan
  readonly #fence: FenceStripper | undefined
  #text = ''

  constructor(plan: OutputPlan) {
    this.#plan = plan
    this.#fence = plan.instructed ? new FenceStripper() : undefined
  }

  /** The text to be shown for a piece. */
  push(piece: string): string {
    const shown = this.#fence ? this.#fence.push(piece) : piece
    this.#text += shown
    return shown
  }

  /** The text that was held back. */
  end(): string {
    const rest = this.#fence?.end() ?? ''
    this.#text += rest
    return rest
  }

  /** What is wrong with the whole answer. */
  problem(reason: FinishReason, callsTools: boolean): string | undefined {
    return callsTools || EXEMPT.has(reason) ? undefined : this.#plan.problem(this.#text)
  }
}
