import { type OutputPlan, OutputReader } from '../structured/output.ts'
import type { JudgedText } from '../validation/rules.ts'
import { finishReason } from './finish.ts'
import type { ChatChunk } from './stream.ts'

interface Message {
  content?: unknown
  refusal?: unknown
  tool_calls?: unknown
}

const isFilled = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value))

/** A refusal is an answer too, and so is the call of a tool. */
const isOther = ({ refusal, tool_calls }: Message): boolean => isFilled(refusal) || isFilled(tool_calls)

/** What is wrong with the whole texts of a completion that was asked for in a certain form. */
export function formProblem(texts: Iterable<JudgedText>, plan: OutputPlan): string | undefined {
  for (const { text, reason, callsTools, refuses } of texts) {
    const reader = new OutputReader(plan)
    reader.push(text)
    const problem = reader.problem(reason, callsTools || refuses === true)
    if (problem) return problem
  }
  return undefined
}

interface Choice {
  reader: OutputReader
  other: boolean
}

/** Watches a stream that passes by, each of its choices. */
export class ChunkOutput {
  readonly #plan: OutputPlan
  readonly #choices = new Map<number, Choice>()

  constructor(plan: OutputPlan) {
    this.#plan = plan
  }

  /** What is wrong with a choice that ends with this chunk. */
  read({ choices = [] }: ChatChunk): string | undefined {
    for (const { index = 0, delta, finish_reason } of choices) {
      const choice = this.#choices.get(index) ?? { reader: new OutputReader(this.#plan), other: false }
      this.#choices.set(index, choice)
      // Some servers say null where there is nothing new.
      if (delta) choice.other ||= isOther(delta)
      if (typeof delta?.content === 'string') choice.reader.push(delta.content)
      const problem = finish_reason && choice.reader.problem(finishReason(finish_reason), choice.other)
      if (problem) return problem
    }
    return undefined
  }
}
