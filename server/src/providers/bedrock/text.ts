import type { Connection, TextAdapter, TransportResponse } from '../../core/adapter.ts'
import type { TurnoutError } from '../../core/error.ts'
import type { TextCall, TextPart, TextResult } from '../../core/text.ts'
import { isObject } from '../../lib/objects.ts'
import { openAnswer } from '../shared/answer-events.ts'
import { awsRequestId } from '../shared/aws/call.ts'
import type { AwsMessage } from '../shared/aws/event-frames.ts'
import { awsMessages } from '../shared/aws/event-stream.ts'
import { readObject } from '../shared/exchange.ts'
import { invalidOutput, parseEvent } from '../shared/failure.ts'
import { whole } from '../shared/whole.ts'
import { callModel } from './door.ts'
import { bedrockError } from './errors.ts'
import { ConverseReader } from './reader.ts'
import { converseRequest } from './request.ts'

async function generate(call: TextCall, connection: Connection): Promise<TextResult> {
  const { provider, settings } = connection
  const request = converseRequest(call, settings, provider)
  const response = await callModel('converse', call.model, request.body, connection)
  const answer = await readObject(response, provider)
  if (!isObject(answer.output)) throw invalidOutput(provider, 'answered something that is not a message', response)
  const reader = new ConverseReader(request)
  const parts = reader.readWhole(answer)
  const rest = reader.rest()
  if (rest) parts.push(rest)
  parts.push(reader.finish(provider, response.status, awsRequestId(response)))
  return whole(parts)
}

/** A failure inside a stream, as if it were the answer. */
function failure(message: AwsMessage, { status, headers }: TransportResponse, connection: Connection): TurnoutError {
  const body = message.message === undefined ? message.body.toString() : JSON.stringify(message)
  return bedrockError(connection)(status, { ...headers, 'x-amzn-errortype': message.name }, body, connection.provider)
}

/** Reads events until the answer has ended and its usage has come, or until nothing more comes. */
async function* stream(call: TextCall, connection: Connection): AsyncIterable<TextPart> {
  const { provider, settings } = connection
  const request = converseRequest(call, settings, provider)
  const answer = await openAnswer(connection, (own) => callModel('converse-stream', call.model, request.body, own))
  const { response } = answer
  const reader = new ConverseReader(request)
  read: for await (const messages of awsMessages(answer, () => reader.complete, provider)) {
    for (const message of messages) {
      if (message.kind !== 'event') throw failure(message, response, connection)
      const event = parseEvent(message.body.toString(), provider, response)
      if (!isObject(event)) continue
      const part = reader.read(message.name, event)
      if (part) yield part
      if (reader.ended) break read
    }
  }
  if (!reader.complete) {
    const what = reader.begun ? 'ended the stream before the answer was complete' : 'ended the stream without an answer'
    throw invalidOutput(provider, what, response)
  }
  const rest = reader.rest()
  if (rest) yield rest
  yield reader.finish(provider, response.status, awsRequestId(response))
}

/** Text of any model by Converse, which takes pictures inline alone. */
export const bedrockText: TextAdapter = { links: false, generate, stream }
