import { VideosRequest } from '@turnout/contract'
import type { Principal } from '../../access/types.ts'
import { TurnoutError } from '../../core/error.ts'
import { check } from '../../core/input.ts'
import { idempotencyKeyOf } from '../../gateway/jobs/idempotency-key.ts'
import { showOrdered } from '../../gateway/jobs/ordered.ts'
import { originOf } from '../../lib/http/origin.ts'
import { type FormPart, multipartBoundary } from '../../lib/multipart.ts'
import { readBody, readJson } from '../body.ts'
import type { Exchange } from '../exchange.ts'
import { readForm } from '../images/form.ts'
import { productTypeOf } from '../target.ts'
import { sendVideo } from './find.ts'
import { fileIdOf, keepFile } from './reference.ts'
import { jobRequest, refusalOf, videoForm } from './request.ts'
import { tellOf } from './view.ts'

interface Incoming {
  values: Record<string, unknown>
  file: FormPart | undefined
  isForm: boolean
}

/** The fields of a request, as JSON or as a form. @throws TurnoutError */
async function read({ plane, request }: Exchange): Promise<Incoming> {
  const raw = await readBody(request, plane.limits.imageBodyBytes)
  const contentType = request.headers['content-type'] ?? ''
  const boundary = multipartBoundary(contentType)
  if (boundary !== undefined) return { ...videoForm(readForm(raw, boundary)), isForm: true }
  if (/^multipart\//i.test(contentType)) {
    throw new TurnoutError(
      'invalid_input',
      'The content type must be application/json or multipart/form-data with a boundary.',
      { status: 415 },
    )
  }
  return { values: readJson(contentType, raw, plane.limits.jsonDepth), file: undefined, isForm: false }
}

async function order(exchange: Exchange, principal: Principal, { values, file, isForm }: Incoming) {
  const { plane, request, requestId, session } = exchange
  const body = check(VideosRequest, values)
  const idempotencyKey = idempotencyKeyOf(request)
  const productType = productTypeOf(request.headers, undefined)
  const route = plane.registry.snapshot.route(body.model, productType)
  const fileId = file && fileIdOf(file, principal, idempotencyKey)
  const asked = {
    kind: 'video' as const,
    body: jobRequest(body, values, route, { isForm, file: fileId, productType }),
    idempotencyKey,
  }
  const caller = { requestId, principal, signal: exchange.signal, session }
  if (file && fileId !== undefined) {
    // What is wrong with the request is told before anything is kept for it.
    await plane.jobs.prepare(asked, caller)
    await keepFile(plane.kept, file, fileId, principal)
  }
  return plane.jobs.create(asked, caller)
}

/** `POST /v1/videos`: stores a job and answers at once. */
export async function createVideo(exchange: Exchange): Promise<void> {
  const principal = await exchange.authorize('user', true)
  const incoming = await read(exchange)
  const row = await order(exchange, principal, incoming).catch((thrown: unknown) => {
    throw refusalOf(thrown)
  })
  const job = await showOrdered(exchange.plane.jobs, row, originOf(exchange.request, exchange.plane.publicUrl))
  tellOf(job, exchange)
  await sendVideo(exchange, job)
}
