import type { IncomingMessage, ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'
import { type Controlled, control } from './control.ts'
import { readBody } from './http/body.ts'
import { watchClient } from './http/client.ts'
import { deliver, isCharged, sendJson } from './http/deliver.ts'
import { authenticate, describeForm, publicHeaders, unknownRoute, wrongMethod } from './http/request.ts'
import type { RecordedRequest } from './ledger.ts'
import { ApiError } from './openai/errors.ts'
import { findRoute } from './openai/routes.ts'
import { freshId } from './random.ts'
import type { Answer, Call, Charge, World } from './types.ts'

export interface Host extends Controlled {
  world: World
  /** Accepted credentials; undefined accepts any that is not empty. */
  credentials: ReadonlySet<string> | undefined
  /** Aborted when the emulator closes. */
  closing: AbortSignal
}

const REQUESTS_PER_MINUTE = 10_000
const TOKENS_PER_MINUTE = 2_000_000

/** Headers of every answer of the API. */
function commonHeaders(requestId: string, startedAt: number, charge: Charge | undefined): Record<string, string> {
  const headers: Record<string, string> = {
    'x-request-id': requestId,
    'openai-processing-ms': String(Math.max(1, Math.round(performance.now() - startedAt))),
    'openai-version': '2020-10-01',
    'openai-organization': 'emulated',
  }
  if (!charge) return headers
  const tokens = charge.inputTokens + charge.outputTokens
  return {
    ...headers,
    'x-ratelimit-limit-requests': String(REQUESTS_PER_MINUTE),
    'x-ratelimit-limit-tokens': String(TOKENS_PER_MINUTE),
    'x-ratelimit-remaining-requests': String(REQUESTS_PER_MINUTE - 1),
    'x-ratelimit-remaining-tokens': String(Math.max(0, TOKENS_PER_MINUTE - tokens)),
    'x-ratelimit-reset-requests': '6ms',
    'x-ratelimit-reset-tokens': `${Math.ceil((tokens / TOKENS_PER_MINUTE) * 60_000)}ms`,
  }
}

/** Reads, checks and records a request; the record is made even when the request is refused. */
async function accept(request: IncomingMessage, path: string, host: Host): Promise<{ call: Call; answer: Answer }> {
  const method = request.method ?? ''
  const found = findRoute(path)
  const record: RecordedRequest = {
    operation: found?.route.operation,
    method,
    path: request.url ?? path,
    headers: publicHeaders(request),
    authorized: false,
    body: undefined,
    at: Date.now(),
  }
  let bytes = 0
  try {
    if (!found) throw unknownRoute(method, path)
    const { route, id } = found
    if (method !== route.method) throw wrongMethod(method, path)
    authenticate(request, host.credentials)
    record.authorized = true
    const call: Call = { operation: route.operation, headers: request.headers, id, json: undefined, form: undefined }
    if (route.accepts.length > 0) {
      const body = await readBody(request, route.accepts)
      bytes = body.bytes
      record.body = body.form ? describeForm(body.form) : body.json
      Object.assign(call, { json: body.json, form: body.form })
    }
    return { call, answer: await route.handler(call, host.world) }
  } finally {
    host.ledger.record(record, bytes)
  }
}

async function answerApi(request: IncomingMessage, response: ServerResponse, path: string, host: Host): Promise<void> {
  const [startedAt, arrivedAt] = [performance.now(), Date.now()]
  const requestId = `req_${freshId('', 32).toLowerCase()}`
  let accepted: { call: Call; answer: Answer }
  try {
    accepted = await accept(request, path, host)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    sendJson(response, error.status, commonHeaders(requestId, startedAt, undefined), error.body)
    return
  }
  const { operation } = accepted.call
  const { answer } = accepted
  const { signal, expectClose } = watchClient(response, host.closing, () => {
    host.ledger.abandon({ operation, path, startedAt: arrivedAt, at: Date.now() })
  })
  const fault = host.faults.take({ operation, model: answer.model, streamed: answer.streamed })
  if (answer.charge && isCharged(fault)) host.ledger.charge(answer.charge)
  if (fault?.kind === 'reset' || fault?.kind === 'cut') expectClose()
  const headers = commonHeaders(requestId, startedAt, answer.charge)
  await deliver(answer, { response, headers, fault, signal })
}

/** Answers one request of any kind and never rejects. */
export async function exchange(request: IncomingMessage, response: ServerResponse, host: Host): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  try {
    if (path === '/_emulator' || path.startsWith('/_emulator/')) await control(request, response, path, host)
    else await answerApi(request, response, path, host)
  } catch (error) {
    // A client that went away, or the end of the emulator, interrupts the answer; nobody is left to tell.
    if (response.headersSent || response.destroyed) response.destroy()
    else if (error instanceof ApiError) sendJson(response, error.status, {}, error.body)
    else
      sendJson(response, 500, {}, { error: { message: String(error), type: 'server_error', param: null, code: null } })
  }
}
