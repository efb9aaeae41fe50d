import type { Connection, TextAdapter, TransportResponse } from '../core/adapter.ts'
import { TurnoutError } from '../core/error.ts'
import type { TextCall, TextPart, TextResult } from '../core/text.ts'
import { isObject } from '../lib/objects.ts'
import { responsesError } from './openai-responses/errors.ts'
import { ResponseReader } from './openai-responses/reader.ts'
import { responsesRequest } from './openai-responses/request.ts'
import { answerEvents, openAnswer } from './shared/answer-events.ts'
import { exchange, json, readObject } from './shared/exchange.ts'
import { invalidOutput, parseEvent } from './shared/failure.ts'
import { openAIHeaders, versionedBase } from './shared/openai-door.ts'
import { whole } from './shared/whole.ts'

type Json = Readonly<Record<string, unknown>>
type Finish = Extract<TextPart, { type: 'finish' }>

const send = (body: Json, connection: Connection): Promise<TransportResponse> =>
  exchange(
    `${versionedBase(connection.baseUrl)}/responses`,
    json(body, {
      ...openAIHeaders(connection),
      accept: body.stream === true ? 'text/event-stream' : 'application/json',
    }),
    connection,
    responsesError,
  )

const failure = (error: unknown, { status, headers }: TransportResponse, provider: string): TurnoutError =>
  responsesError(status, headers, JSON.stringify({ error }), provider)

/** @throws TurnoutError for a response that failed, that is not done, or of which the filter left nothing */
function finish(reader: ResponseReader, warnings: string[], response: TransportResponse, provider: string): Finish {
  const { status, error } = reader.response
  if (isObject(error) || status === 'failed') throw failure(error ?? {}, response, provider)
  if (status !== undefined && status !== 'completed' && status !== 'incomplete')
    throw invalidOutput(provider, `answered a response that is ${String(status)}`, response)
  const { reason, raw } = reader.end
  const upstreamRequestId = response.headers['x-request-id']
  if (reason === 'content-filter' && !reader.said) {
    throw new TurnoutError('content_policy', `${provider} withheld the answer: its content filter stopped it.`, {
      provider,
      upstreamStatus: response.status,
      upstreamRequestId,
      upstreamCode: raw ?? undefined,
      usage: reader.usage,
    })
  }
  return { type: 'finish', reason, raw, usage: reader.usage, warnings, upstreamRequestId, opaque: reader.opaque }
}

async function generate(call: TextCall, connection: Connection): Promise<TextResult> {
  const { body, warnings } = responsesRequest(call, connection.settings)
  const response = await send(body, connection)
  const answer = await readObject(response, connection.provider)
  if (!Array.isArray(answer.output)) {
    if (isObject(answer.error)) throw failure(answer.error, response, connection.provider)
    throw invalidOutput(connection.provider, 'answered something that is not a response', response)
  }
  const reader = new ResponseReader()
  const parts = reader.close(answer)
  return whole([...parts, finish(reader, warnings, response, connection.provider)])
}

const CLOSING: ReadonlySet<unknown> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
])

async function* stream(call: TextCall, connection: Connection): AsyncIterable<TextPart> {
  const { body, warnings } = responsesRequest(call, connection.settings)
  const answer = await openAnswer(connection, (own) => send({ ...body, stream: true }, own))
  const { response } = answer
  const reader = new ResponseReader()
  for await (const events of answerEvents(answer, () => reader.complete, connection.provider)) {
    for (const { name, data } of events) {
      const event = data === undefined ? undefined : parseEvent(data, connection.provider, response)
      if (name === 'error' || (isObject(event) && (event.type === 'error' || isObject(event.error))))
        throw responsesError(response.status, response.headers, data ?? '', connection.provider)
      if (!isObject(event)) continue
      if (CLOSING.has(event.type)) {
        for (const part of reader.close(isObject(event.response) ? event.response : {})) yield part
        break
      }
      const part = reader.read(event)
      if (part) yield part
    }
    if (reader.complete) break
  }
  if (!reader.complete) {
    const what = reader.begun ? 'ended the stream before the answer was complete' : 'ended the stream without an answer'
    throw invalidOutput(connection.provider, what, response)
  }
  yield finish(reader, warnings, response, connection.provider)
}

/**
 * Text by OpenAI's Responses API, for models that chat completions do not
 * serve: the pro, codex and deep-research ones.
 */
export const openAIResponsesText: TextAdapter = { links: true, generate, stream }
