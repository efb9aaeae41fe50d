import type { FinishReason } from '@turnout/contract'
import type { TextPart } from '../../core/text.ts'
import { Keeper, type Place } from './kept.ts'

/** A call of a tool whose arguments are being written; without an index it is the answer itself. */
export interface OpenCall {
  index: number | undefined
  written: boolean
}

/**
 * What readers of answers that come in blocks have in common: text, thoughts
 * and calls of tools as parts, counted, so that what is kept of the thoughts
 * finds its place again. Where a tool is to give the answer, its arguments are
 * the text, and what is said beside it is held back.
 */
export class AnswerParts {
  readonly thoughts = new Keeper()
  readonly #answerTool: string | undefined
  #calls = 0
  #characters = 0
  /** Text beside an answer that a tool is to give; it is the answer only if the tool gives none. */
  #aside = ''
  #answered = false

  constructor(answerTool: string | undefined) {
    this.#answerTool = answerTool
  }

  /** Behind how much of the answer the next block stands. */
  get place(): Place {
    return [this.#characters, this.#calls]
  }

  /** Whether anything has come that the client gets to see. */
  get said(): boolean {
    return this.#characters + this.#calls > 0
  }

  say(text: string): TextPart | undefined {
    if (text === '') return undefined
    if (this.#answerTool !== undefined) {
      this.#aside += text
      return undefined
    }
    this.#characters += text.length
    return { type: 'text-delta', text }
  }

  think(text: string): TextPart | undefined {
    return text === '' ? undefined : { type: 'reasoning-delta', text }
  }

  call(id: string, name: string): { call: OpenCall; part: TextPart | undefined } {
    const isAnswer = this.#answerTool !== undefined && name === this.#answerTool
    if (isAnswer) {
      this.#answered = true
      return { call: { index: undefined, written: false }, part: undefined }
    }
    const index = this.#calls++
    return { call: { index, written: false }, part: { type: 'tool-call-delta', index, id, name } }
  }

  write(call: OpenCall, json: string): TextPart | undefined {
    if (json === '') return undefined
    call.written = true
    if (call.index !== undefined) return { type: 'tool-call-delta', index: call.index, arguments: json }
    this.#characters += json.length
    return { type: 'text-delta', text: json }
  }

  /** The text that has been held back, if it turned out to be the answer. */
  rest(): TextPart | undefined {
    if (this.#aside === '' || this.#answered) return undefined
    this.#characters += this.#aside.length
    return { type: 'text-delta', text: this.#aside }
  }

  /** The provider counts the answering tool as a call, the client sees none. */
  reason(reason: FinishReason): FinishReason {
    return reason === 'tool-calls' && this.#calls === 0 ? 'stop' : reason
  }
}
