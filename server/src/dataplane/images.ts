import { ImageEditsRequest, ImagesRequest } from '@turnout/contract'
import type { z } from 'zod'
import type { Principal } from '../access/types.ts'
import type { OpenAIOperation } from '../core/adapter.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { pricedSettings } from '../core/image/priced.ts'
import { check } from '../core/input.ts'
import { changeBody } from '../core/openai/body.ts'
import { picturesPassThrough } from '../gateway/media/path.ts'
import { encodeMultipart, multipartBoundary, multipartType } from '../lib/multipart.ts'
import type { Resolution } from '../registry/types.ts'
import { readBody, readJson } from './body.ts'
import type { AnswerFilter, Exchange } from './exchange.ts'
import { drawByAdapter } from './images/by-adapter.ts'
import { changeParts, formValues, pictureParts, readForm } from './images/form.ts'
import { linkPictures } from './picture-links.ts'
import { relayedBody, resolveFor } from './target.ts'

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
function passes({ plane }: Exchange, { deployment }: Resolution, operation: OpenAIOperation): boolean {
  const adapter = plane.images.adapters.get(deployment.provider.adapter)
  return picturesPassThrough(adapter, deployment, operation, plane.relay.wires)
}

function relay(
  exchange: Exchange,
  principal: Principal,
  operation: OpenAIOperation,
  body: Request,
  target: Resolution,
  changes: Readonly<Record<string, unknown>>,
  outgoing: { body: Buffer; contentType: string },
): void {
  const { deployment, substitutedFor } = target
  if (body.stream && deployment.model.capabilities.streaming === false) {
    throw new TurnoutError('capability_missing', `Model ${deployment.model.id} does not stream its pictures.`, {
      param: 'stream',
    })
  }
  exchange.relay(
    {
      requestId: exchange.requestId,
      operation,
      keyId: principal.keyId,
      user: body.user ?? principal.owner,
      streamed: body.stream === true,
      settings: pricedSettings({ ...body, ...changes }),
      deployment,
      ...outgoing,
      hideUsage: false,
      choices: 1,
    },
    substitutedFor,
    linkFilter(exchange, deployment, body),
  )
}

function relayJson(
  exchange: Exchange,
  principal: Principal,
  operation: 'images.generate' | 'images.edit',
  schema: typeof ImagesRequest | typeof ImageEditsRequest,
  raw: Buffer,
): void {
  const { plane, request } = exchange
  const parsed = readJson(request.headers['content-type'], raw, plane.limits.jsonDepth)
  const body: Request = check(schema, parsed)
  const target = resolveFor(plane.registry, body.model, 'image')
  if (!passes(exchange, target, operation)) {
    drawByAdapter(exchange, principal, target, { operation, body, values: parsed })
    return
  }
  const changes = relayedBody(target.deployment, operation, parsed, plane.relay.wires)
  relay(exchange, principal, operation, body, target, changes, {
    body: changeBody(raw, parsed, changes),
    contentType: 'application/json',
  })
}

/** `POST /v1/images/generations` */
export async function imageGenerations(exchange: Exchange): Promise<void> {
  const principal = await exchange.authorize('user', true)
  const raw = await readBody(exchange.request, exchange.plane.limits.imageBodyBytes)
  relayJson(exchange, principal, 'images.generate', ImagesRequest, raw)
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
    relayJson(exchange, principal, 'images.edit', ImageEditsRequest, raw)
    return
  }
  const parts = readForm(raw, boundary)
  const values = formValues(parts)
  const body = check(ImageEditsRequest, values)
  pictureParts(parts)
  const target = resolveFor(plane.registry, body.model, 'image')
  if (!passes(exchange, target, 'images.edit')) {
    drawByAdapter(exchange, principal, target, { operation: 'images.edit', body, values, parts })
    return
  }
  const changes = relayedBody(target.deployment, 'images.edit', values, plane.relay.wires)
  const same = Object.keys(changes).length === 0
  relay(exchange, principal, 'images.edit', body, target, changes, {
    body: same ? raw : encodeMultipart(changeParts(parts, changes), boundary),
    contentType: same ? contentType : multipartType(boundary),
  })
}
