import { ImageEditsRequest, ImagesRequest } from '@turnout/contract'
import type { z } from 'zod'
import type { Principal } from '../access/types.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { pricedSettings } from '../core/image/priced.ts'
import { check } from '../core/input.ts'
import { changeBody } from '../core/openai/body.ts'
import type { Route } from '../core/route.ts'
import { imageNeeds } from '../core/routing/image-needs.ts'
import { metadataOf, type Needs } from '../core/routing/needs.ts'
import { keepsPictures } from '../gateway/cache/kept.ts'
import { picturesPassThrough } from '../gateway/media/path.ts'
import { Relay } from '../gateway/relay/relay.ts'
import type { RelayCall, RelayClient, Running } from '../gateway/relay/types.ts'
import type { Begin } from '../gateway/routing/fallback.ts'
import { isSole, soleDeployment } from '../gateway/routing/router.ts'
import type { Trail } from '../gateway/routing/trail.ts'
import { encodeMultipart, type FormPart, multipartBoundary, multipartType } from '../lib/multipart.ts'
import { readBody, readJson } from './body.ts'
import { cachedWhole } from './cached.ts'
import type { AnswerFilter, Exchange } from './exchange.ts'
import { asJob } from './images/as-job.ts'
import { drawByAdapter } from './images/by-adapter.ts'
import { fittedSize } from './images/fitted-size.ts'
import { changeParts, formValues, pictureParts, readForm } from './images/form.ts'
import { linkPictures } from './picture-links.ts'
import { productTypeOf, relayedBody, routeFor, through } from './target.ts'

type PictureOperation = 'images.generate' | 'images.edit'
/** Where a request leads. */
interface Aim {
  route: Route
  productType: string | undefined
}
type Request = z.infer<typeof ImagesRequest> | z.infer<typeof ImageEditsRequest>

/** Where the model answers with base64 alone and links are asked for, the pictures are kept here and linked. */
function linkFilter(exchange: Exchange, deployment: Deployment, body: Request): AnswerFilter | undefined {
  if (body.response_format !== 'url' || deployment.model.flags.responseFormat !== false) return undefined
  if (body.stream) {
    throw new TurnoutError('capability_missing', `Model ${deployment.model.id} streams pictures as base64 only.`, {
      param: 'response_format',
    })
  }
  return linkPictures(exchange)
}

/** Whether the bytes of the request can go on as they are. */
function passes({ plane }: Exchange, deployment: Deployment, operation: PictureOperation): boolean {
  const adapter = plane.images.adapters.get(deployment.provider.adapter)
  return picturesPassThrough(adapter, deployment, operation, plane.relay.wires)
}

/** A request as it came, as JSON or as a form. */
interface Asked {
  principal: Principal
  operation: PictureOperation
  body: Request
  /** All of its fields. */
  values: Record<string, unknown>
  raw: Buffer
  contentType: string
  /** Where it is a form. */
  form?: { parts: readonly FormPart[]; boundary: string }
}

/** The bytes that go on, with what must differ in them. */
function outgoing({ raw, values, contentType, form }: Asked, changes: Readonly<Record<string, unknown>>) {
  if (form === undefined) return { body: changeBody(raw, values, changes), contentType: 'application/json' }
  if (Object.keys(changes).length === 0) return { body: raw, contentType }
  return {
    body: encodeMultipart(changeParts(form.parts, changes), form.boundary),
    contentType: multipartType(form.boundary),
  }
}

function relay(exchange: Exchange, asked: Asked, deployment: Deployment, client: RelayClient, trail?: Trail): Relay {
  const { plane, requestId } = exchange
  const { principal, operation, body, values } = asked
  if (body.stream && deployment.model.capabilities.streaming === false) {
    throw new TurnoutError('capability_missing', `Model ${deployment.model.id} does not stream its pictures.`, {
      param: 'stream',
    })
  }
  const size = fittedSize(deployment.model, body.size)
  const changes = { ...relayedBody(deployment, operation, values, plane.relay.wires), ...size.changes }
  exchange.filterBy(linkFilter(exchange, deployment, body))
  const call: RelayCall = {
    requestId,
    operation,
    keyId: principal.keyId,
    user: body.user ?? principal.owner,
    streamed: body.stream === true,
    settings: pricedSettings({ ...body, ...changes }),
    trail,
    deployment,
    ...outgoing(asked, changes),
    hideUsage: false,
    choices: 1,
    warnings: size.warnings,
  }
  return new Relay(plane.relay, call, client)
}

/** What brings the answer of one deployment. @throws TurnoutError where its model does not take the request */
function answerOf(
  exchange: Exchange,
  asked: Asked,
  deployment: Deployment,
  client: RelayClient,
  trail?: Trail,
): Running {
  if (passes(exchange, deployment, asked.operation)) return relay(exchange, asked, deployment, client, trail)
  exchange.filterBy(undefined)
  return drawByAdapter(exchange, { ...asked, parts: asked.form?.parts, trail }, deployment, client)
}

/** What the request asks of whoever is to draw. */
function needsOf({ body, values, operation, form }: Asked, productType: string | undefined): Needs {
  const { negative_prompt, guidance_scale, steps, num_inference_steps, seed, loras } = values
  const { images, mask } = body as ImageEditsRequest
  const pictures = form ? pictureParts(form.parts).length : (images?.length ?? 0)
  const wish = {
    prompt: body.prompt,
    count: body.n,
    size: body.size,
    pictures: operation === 'images.edit' ? pictures : 0,
    mask: form ? form.parts.some(({ name, filename }) => name === 'mask' && filename !== undefined) : Boolean(mask),
    streamed: body.stream === true,
    transparent: body.background === 'transparent',
    settings: pricedSettings(body),
    negativePrompt: negative_prompt,
    guidanceScale: guidance_scale,
    steps: steps ?? num_inference_steps,
    seed,
    loras,
  }
  return imageNeeds(wish, metadataOf(undefined, productType))
}

/** What brings the answer by whoever the model, the pool or the role leads to. @throws TurnoutError */
function answering(exchange: Exchange, asked: Asked, { route, productType }: Aim, client: RelayClient): Running {
  const candidacy = {
    ...asked,
    parts: asked.form?.parts,
    route,
    productType,
    passes: (deployment: Deployment) => passes(exchange, deployment, asked.operation),
  }
  const job = asJob(exchange, candidacy, client)
  if (job) return job
  if (isSole(route)) return answerOf(exchange, asked, soleDeployment(route), client)
  const begin: Begin = ({ deployment, trail }, each) => answerOf(exchange, asked, deployment, each, trail)
  return through(exchange, route, { needs: needsOf(asked, productType), begin, paidOnAcceptance: true }, client)
}

/** Links expire, and what is streamed is looked at as it comes: neither is given again. */
const mayBeCached = ({ operation, body }: Asked): boolean =>
  operation === 'images.generate' && body.stream !== true && body.response_format !== 'url'

function draw(exchange: Exchange, asked: Asked): void {
  const { principal, body, values } = asked
  const productType = productTypeOf(exchange.request.headers, values.metadata)
  const route = routeFor(exchange, body, 'image', productType)
  const aim = { route, productType }
  const wish = (body as ImagesRequest).turnout?.cache
  const isKept = (answer: Buffer) => keepsPictures(answer, body.n ?? 1)
  const cached = mayBeCached(asked)
    ? cachedWhole(exchange, { ...aim, api: 'images', principal, wish, values, isKept }, (client) =>
        answering(exchange, asked, aim, client),
      )
    : undefined
  exchange.run(cached ?? answering(exchange, asked, aim, exchange), route)
}

function drawJson(exchange: Exchange, principal: Principal, operation: PictureOperation, raw: Buffer): void {
  const { plane, request } = exchange
  const contentType = request.headers['content-type']
  const parsed = readJson(contentType, raw, plane.limits.jsonDepth)
  const body: Request = check(operation === 'images.edit' ? ImageEditsRequest : ImagesRequest, parsed)
  // It is for Turnout, and goes no further.
  const { turnout, ...values } = parsed
  const bytes = turnout === undefined ? raw : Buffer.from(JSON.stringify(values))
  draw(exchange, { principal, operation, body, values, raw: bytes, contentType: contentType ?? '' })
}

/** `POST /v1/images/generations` */
export async function imageGenerations(exchange: Exchange): Promise<void> {
  const principal = await exchange.authorize('user', true)
  const raw = await readBody(exchange.request, exchange.plane.limits.imageBodyBytes)
  drawJson(exchange, principal, 'images.generate', raw)
}

/** `POST /v1/images/edits`, as a form with files or as JSON with links. */
export async function imageEdits(exchange: Exchange): Promise<void> {
  const { plane, request } = exchange
  const principal = await exchange.authorize('user', true)
  const raw = await readBody(request, plane.limits.imageBodyBytes)
  const contentType = request.headers['content-type'] ?? ''
  const boundary = multipartBoundary(contentType)
  if (boundary === undefined) {
    if (/^multipart\//i.test(contentType)) {
      throw new TurnoutError(
        'invalid_input',
        'The content type must be application/json or multipart/form-data with a boundary.',
        {
          status: 415,
        },
      )
    }
    drawJson(exchange, principal, 'images.edit', raw)
    return
  }
  const parts = readForm(raw, boundary)
  const values = formValues(parts)
  const body = check(ImageEditsRequest, values)
  pictureParts(parts)
  draw(exchange, { principal, operation: 'images.edit', body, values, raw, contentType, form: { parts, boundary } })
}
