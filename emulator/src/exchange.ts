import type { IncomingMessage, ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'
import { type Controlled, control } from './control.ts'
import type { Accepted, ProviderDouble } from './double.ts'
import { parseBody, readBytes } from './http/body.ts'
import { watchClient } from './http/client.ts'
import { publicHeaders, publicUrl } from './http/credentials.ts'
import { deliver, dueOf } from './http/deliver.ts'
import { describeBody, openCall } from './http/request.ts'
import { RESULT_PATH, serveResult } from './http/result.ts'
import { sendRefusal } from './http/send.ts'
import type { RecordedRequest } from './ledger.ts'
import { Problem, Refusal } from './refusal.ts'
import type { Found, Router } from './routing.ts'
import type { Answer, Call, World } from './types.ts'

export interface Host extends Controlled {
  router: Router
  world: World
  accepted: Accepted
  /** Aborted when the emulator closes. */
  closing: AbortSignal
}

interface Taken {
  call: Call
  answer: Answer
}

/** Reads, checks and records a request; the record is made even when the request is refused. */
async function accept(request: IncomingMessage, path: string, found: Found, host: Host): Promise<Taken> {
  const { double, route } = found
  const method = request.method ?? ''
  const url = request.url ?? path
  const call = openCall(request, found)
  const record: RecordedRequest = {
    provider: double.id,
    operation: route?.operation,
    method,
    path: publicUrl(url),
    headers: publicHeaders(request.headers),
    authorized: false,
    body: undefined,
    at: Date.now(),
  }
  let size = 0
  try {
    if (!route || !call) throw new Problem({ kind: found.pathKnown ? 'wrong-method' : 'unknown-route', method, path })
    const hasBody = route.accepts.length > 0
    // A signature covers the body, so that it is read before the credential is checked.
    const body = hasBody ? await readBytes(request, route.maxBytes) : call.raw
    size = body.length
    double.authenticate({ method, url, headers: request.headers, body }, host.accepted)
    record.authorized = true
    if (hasBody) {
      const parsed = await parseBody(request, body, route.accepts)
      record.body = describeBody(parsed, body)
      Object.assign(call, parsed, { raw: body })
    }
    return { call, answer: await route.handler(call, host.world) }
  } finally {
    host.ledger.record(record, size)
  }
}

/** What is thrown on the way to an answer, as the provider says it. */
function refusalOf(error: unknown, double: ProviderDouble): Refusal {
  if (error instanceof Problem) return double.refuse(error.fact)
  if (error instanceof Refusal) return error
  throw error
}

async function answerApi(request: IncomingMessage, response: ServerResponse, path: string, host: Host): Promise<void> {
  const [startedAt, arrivedAt] = [performance.now(), Date.now()]
  const found = host.router.find(request.method ?? '', path)
  const { double } = found
  const headers = (charge?: Answer['charge']): Record<string, string> =>
    double.headers({ durationMs: performance.now() - startedAt, charge })
  let taken: Taken
  try {
    taken = await accept(request, path, found, host)
  } catch (error) {
    sendRefusal(response, refusalOf(error, double), headers())
    return
  }
  const { answer, call } = taken
  const { operation } = call
  const { signal, expectClose } = watchClient(response, host.closing, () => {
    host.ledger.abandon({ provider: double.id, operation, path, startedAt: arrivedAt, at: Date.now() })
  })
  const { model, streamed, charge, fates = [] } = answer
  const fault = host.faults.take({ provider: double.id, operation, model, streamed, fates })
  const due = dueOf(answer, fault)
  if (due) host.ledger.charge(due)
  if (fault?.kind === 'reset' || fault?.kind === 'cut') expectClose()
  try {
    await deliver(answer, { double, response, headers: { ...headers(charge), ...answer.headers }, fault, signal })
  } catch (error) {
    if (response.headersSent) throw error
    sendRefusal(response, refusalOf(error, double), headers())
  }
}

/** Answers one request of any kind and never rejects. */
export async function exchange(request: IncomingMessage, response: ServerResponse, host: Host): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  try {
    if (path === '/_emulator' || path.startsWith('/_emulator/')) await control(request, response, path, host)
    else if (path.startsWith(RESULT_PATH)) {
      await serveResult(request, response, path, { files: host.world.files, ledger: host.ledger })
    } else await answerApi(request, response, path, host)
  } catch (error) {
    // A client that went away, or the end of the emulator, interrupts the answer; nobody is left to tell.
    if (response.headersSent || response.destroyed) response.destroy()
    else {
      const body = { error: { message: String(error), type: 'server_error', param: null, code: null } }
      sendRefusal(response, error instanceof Refusal ? error : new Refusal(500, String(error), body), {})
    }
  }
}
