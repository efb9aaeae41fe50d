import type { Connection, TransportResponse } from '../../../core/adapter.ts'
import type { TextCall, TextPart, TextResult } from '../../../core/text.ts'
import { isObject } from '../../../lib/objects.ts'
import { answerEvents, openAnswer } from '../answer-events.ts'
import { readObject } from '../exchange.ts'
import { type ErrorReader, invalidOutput, parseEvent } from '../failure.ts'
import { whole } from '../whole.ts'
import { MessageReader } from './reader.ts'
import { type MessagesRequest, messagesRequest } from './request.ts'

/** One provider's way to send a body in Anthropic's Messages protocol. */
export interface MessagesDoor {
  /** @throws TurnoutError for every answer that is not a good one */
  send(body: Readonly<Record<string, unknown>>, connection: Connection): Promise<TransportResponse>
  readError: ErrorReader
}

const requestIdOf = ({ headers }: TransportResponse): string | undefined =>
  headers['request-id'] ?? headers['x-request-id'] ?? headers['x-amzn-requestid']

function readMessage(
  message: Readonly<Record<string, unknown>>,
  request: MessagesRequest,
  response: TransportResponse,
  connection: Connection,
): TextResult {
  if (!Array.isArray(message.content)) {
    throw invalidOutput(connection.provider, 'answered something that is not a message', response)
  }
  const reader = new MessageReader(request)
  const parts = reader.start(message)
  const rest = reader.rest()
  if (rest) parts.push(rest)
  parts.push(reader.finish(connection.provider, response.status, requestIdOf(response)))
  return whole(parts)
}

/** The non-streaming call. */
export async function generateMessage(door: MessagesDoor, call: TextCall, connection: Connection): Promise<TextResult> {
  const request = messagesRequest(call, connection.settings)
  const response = await door.send(request.body, connection)
  const message = await readObject(response, connection.provider)
  // An error with a good status.
  if (message.type === 'error')
    throw door.readError(response.status, response.headers, JSON.stringify(message), connection.provider)
  return readMessage(message, request, response, connection)
}

/** Reads events until the answer has ended. A second message in one answer means that the first one was lost. */
export async function* streamMessage(
  door: MessagesDoor,
  call: TextCall,
  connection: Connection,
): AsyncIterable<TextPart> {
  const request = messagesRequest(call, connection.settings)
  const answer = await openAnswer(connection, (own) => door.send({ ...request.body, stream: true }, own))
  const { response } = answer
  const reader = new MessageReader(request)
  connection.counts?.(() => reader.usage)
  for await (const events of answerEvents(answer, () => reader.complete, connection.provider)) {
    for (const { name, data } of events) {
      const event = data === undefined ? undefined : parseEvent(data, connection.provider, response)
      if (name === 'error' || (isObject(event) && event.type === 'error'))
        throw door.readError(response.status, response.headers, data ?? '', connection.provider)
      if (!isObject(event)) continue
      if (event.type === 'message_start') {
        if (reader.begun) throw invalidOutput(connection.provider, 'began another answer in the midst of one', response)
        for (const part of reader.start(isObject(event.message) ? event.message : {})) yield part
        continue
      }
      const part = reader.read(event)
      if (part) yield part
      if (reader.ended) break
    }
    if (reader.ended) break
  }
  if (!reader.complete) {
    const what = reader.begun ? 'ended the stream before the answer was complete' : 'ended the stream without an answer'
    throw invalidOutput(connection.provider, what, response)
  }
  const rest = reader.rest()
  if (rest) yield rest
  yield reader.finish(connection.provider, response.status, requestIdOf(response))
}
