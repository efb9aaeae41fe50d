import type { Connection, TextAdapter, TransportResponse } from '../../core/adapter.ts'
import type { TurnoutError } from '../../core/error.ts'
import type { TextCall, TextPart, TextResult } from '../../core/text.ts'
import { isObject } from '../../lib/objects.ts'
import { EventFramer, MOST_PENDING, type ServerSentEvent } from '../../lib/sse.ts'
import { LINGER_MS, openAnswer } from '../shared/answer-events.ts'
import { readObject } from '../shared/exchange.ts'
import { invalidOutput, parseEvent, parseJson } from '../shared/failure.ts'
import { whole } from '../shared/whole.ts'
import { callModel, type Door } from './door.ts'
import { googleError } from './errors.ts'
import { AnswerReader } from './reader.ts'
import { textRequest } from './request.ts'

/** An answer of status 200 may still be an error. */
function refuseError(value: unknown, { status, headers }: TransportResponse, provider: string): void {
  const outer: unknown = Array.isArray(value) ? (value as unknown[])[0] : value
  if (isObject(outer) && outer.error !== undefined) throw googleError(status, headers, JSON.stringify(outer), provider)
}

/**
 * The JSON of an event. Errors in the midst of a stream have been seen without
 * the field name `data`, so a bare object is looked at as well. Undefined for
 * what is neither.
 */
function readEvent(
  { data, start, end }: ServerSentEvent,
  bytes: Buffer,
  response: TransportResponse,
  provider: string,
): unknown {
  if (data !== undefined) return parseEvent(data, provider, response)
  const bare = bytes.toString('utf8', start, end).trimStart()
  return bare.startsWith('{') || bare.startsWith('[') ? parseJson(bare) : undefined
}

const NOTHING: readonly TextPart[] = []

/**
 * Text by `generateContent`. A stream has no end marker: `finishReason` is the
 * end, but some models say it in every chunk, so that more is waited for.
 * Source: Gemini API reference, generateContent, read November 2026.
 */
export const googleText = (door: Door): TextAdapter => ({
  links: false,
  async generate(call: TextCall, connection: Connection): Promise<TextResult> {
    const { body, warnings } = textRequest(call)
    const response = await callModel(door, connection, call.model, 'generateContent', body)
    const answer = await readObject(response, connection.provider)
    refuseError(answer, response, connection.provider)
    const reader = new AnswerReader(response, connection.provider, warnings)
    const parts = reader.read(answer)
    parts.push(...reader.end(true))
    return whole(parts)
  },
  async *stream(call: TextCall, connection: Connection): AsyncIterable<TextPart> {
    const { body, warnings } = textRequest(call)
    const { response, cut } = await openAnswer(connection, (own) =>
      callModel(door, own, call.model, 'streamGenerateContent?alt=sse', body),
    )
    const { provider } = connection
    const reader = new AnswerReader(response, provider, warnings)
    connection.counts?.(() => reader.usage)
    const framer = new EventFramer()
    let lingering: NodeJS.Timeout | undefined
    let cutAfterEnd = false
    const read = (event: ServerSentEvent): readonly TextPart[] => {
      const value = readEvent(event, framer.bytes, response, provider)
      refuseError(value, response, provider)
      return isObject(value) ? reader.read(value) : NOTHING
    }
    try {
      for await (const bytes of response.body) {
        const events = framer.push(bytes)
        for (const event of events) for (const part of read(event)) yield part
        if (framer.pending > MOST_PENDING) throw invalidOutput(provider, 'sent an endless event', response)
        if (!reader.complete) continue
        clearTimeout(lingering)
        lingering = setTimeout(() => {
          cutAfterEnd = true
          cut()
        }, LINGER_MS)
      }
      for (const event of framer.flush()) for (const part of read(event)) yield part
    } catch (error) {
      // A connection that is lost or falls silent after the end takes nothing away from the answer.
      const isLost = cutAfterEnd || error === connection.signal.reason || (error as TurnoutError).code === 'connection'
      if (!reader.complete || !isLost) throw error
    } finally {
      clearTimeout(lingering)
    }
    for (const part of reader.end(false)) yield part
  },
})
