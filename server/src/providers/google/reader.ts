import type { Usage } from '@turnout/contract'
import type { TransportResponse } from '../../core/adapter.ts'
import type { TextEnd, TextPart, ToolCall } from '../../core/text.ts'
import { isObject } from '../../lib/objects.ts'
import { invalidOutput, text } from '../shared/failure.ts'
import { finishReason, silenceError } from './finish.ts'
import { PartialArguments } from './partial-arguments.ts'
import { countsTokens, readUsage } from './usage.ts'

type Json = Readonly<Record<string, unknown>>

const PICTURE = 'The model also made a picture, which a text cannot hold.'

/**
 * Reads an answer of `generateContent`, whole or chunk by chunk: either way it
 * says the same text, calls, reason and usage. Of several candidates the first
 * is read.
 */
export class AnswerReader {
  readonly #response: Pick<TransportResponse, 'status' | 'headers'>
  readonly #provider: string
  readonly #warnings: string[]
  #finish: string | null = null
  #finishMessage: string | undefined
  #feedback: unknown
  #usage: unknown
  #responseId: string | undefined
  #signature: string | undefined
  #calls = 0
  #said = false
  #begun = false
  /** The call whose arguments still come in pieces. */
  #open: PartialArguments | undefined

  constructor(response: Pick<TransportResponse, 'status' | 'headers'>, provider: string, warnings: string[]) {
    this.#response = response
    this.#provider = provider
    this.#warnings = warnings
  }

  /** Whether Google has said how the answer ended. */
  get complete(): boolean {
    return this.#finish !== null || text(isObject(this.#feedback) && this.#feedback.blockReason) !== undefined
  }

  /** What has been counted so far. */
  get usage(): Usage {
    return readUsage(this.#usage) ?? {}
  }

  /** What a chunk, or a whole answer, says. @throws TurnoutError invalid_output */
  read(chunk: Json): TextPart[] {
    const said: TextPart[] = []
    this.#responseId ??= text(chunk.responseId)
    // Every chunk counts anew from the beginning; the first ones may count nothing.
    if (countsTokens(chunk.usageMetadata)) this.#usage = chunk.usageMetadata
    this.#feedback ??= chunk.promptFeedback
    const candidates: unknown[] = Array.isArray(chunk.candidates) ? chunk.candidates : []
    const candidate = candidates.find((each): each is Json => isObject(each) && (each.index ?? 0) === 0)
    if (candidate === undefined) return said
    this.#begun = true
    const content = isObject(candidate.content) ? candidate.content : {}
    for (const part of Array.isArray(content.parts) ? (content.parts as unknown[]) : []) {
      if (isObject(part)) this.#part(part, said)
    }
    this.#finish = text(candidate.finishReason) ?? this.#finish
    this.#finishMessage = text(candidate.finishMessage) ?? this.#finishMessage
    return said
  }

  /** How it ended. @throws TurnoutError content_policy and others where there is no answer, invalid_output for a cut one */
  end(isWhole: boolean): TextPart[] {
    const said: TextPart[] = []
    if (this.#open && this.#finish === 'STOP') said.push(this.#close(this.#open))
    if (!this.#said) {
      const error = silenceError(
        {
          promptFeedback: this.#feedback,
          finish: this.#finish,
          message: this.#finishMessage,
          responseId: this.#responseId,
          usage: readUsage(this.#usage),
        },
        this.#response,
        this.#provider,
      )
      if (error) throw error
    }
    if (!this.#begun || !(isWhole || this.complete)) {
      const what = this.#begun ? 'ended the stream before the answer was complete' : 'answered without a candidate'
      throw invalidOutput(this.#provider, what, this.#response)
    }
    said.push({ type: 'finish', ...this.#end(), opaque: this.#opaque(this.#signature) })
    return said
  }

  #end(): TextEnd {
    return {
      reason: finishReason(this.#finish, this.#calls),
      raw: this.#finish,
      usage: this.usage,
      warnings: this.#warnings,
      upstreamRequestId: this.#responseId,
    }
  }

  #part(part: Json, said: TextPart[]): void {
    if (isObject(part.functionCall)) {
      this.#call(part.functionCall, text(part.thoughtSignature), said)
      return
    }
    if (part.thought === true) {
      if (typeof part.text === 'string' && part.text !== '') said.push({ type: 'reasoning-delta', text: part.text })
      return
    }
    // It may come alone, in a part without text.
    this.#signature = text(part.thoughtSignature) ?? this.#signature
    if (typeof part.text === 'string' && part.text !== '') {
      this.#said = true
      said.push({ type: 'text-delta', text: part.text })
    }
    if (isObject(part.inlineData) && !this.#warnings.includes(PICTURE)) this.#warnings.push(PICTURE)
  }

  #call(call: Json, signature: string | undefined, said: TextPart[]): void {
    const name = text(call.name)
    if (name !== undefined) {
      if (this.#open) said.push(this.#close(this.#open))
      this.#said = true
      const index = this.#calls++
      const begin: TextPart = {
        type: 'tool-call-delta',
        index,
        // Some models name none; made of the answer's own id, it is the same whenever the answer is read.
        id: text(call.id) ?? `${this.#responseId ?? 'call'}-${index}`,
        name,
        opaque: this.#opaque(signature),
      }
      if (call.willContinue !== true && call.partialArgs === undefined) {
        said.push({ ...begin, arguments: JSON.stringify(call.args ?? {}) })
        return
      }
      said.push(begin)
      this.#open = new PartialArguments()
    }
    if (this.#open === undefined) return
    for (const piece of Array.isArray(call.partialArgs) ? (call.partialArgs as unknown[]) : []) {
      if (this.#open.add(piece)) continue
      throw invalidOutput(this.#provider, 'sent arguments of a tool call that cannot be put together', this.#response)
    }
    if (call.willContinue !== true) said.push(this.#close(this.#open))
  }

  #close(open: PartialArguments): TextPart {
    this.#open = undefined
    return { type: 'tool-call-delta', index: this.#calls - 1, arguments: open.toString() }
  }

  #opaque(thoughtSignature: string | undefined): ToolCall['opaque'] {
    return thoughtSignature === undefined ? undefined : { thoughtSignature }
  }
}
