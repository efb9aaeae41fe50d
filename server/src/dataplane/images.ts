import { ImageEditsRequest, ImagesRequest } from '@turnout/contract'
import type { z } from 'zod'
import type { Principal } from '../access/types.ts'
import type { OpenAIOperation } from '../core/adapter.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { pricedSettings } from '../core/image-settings.ts'
import { check } from '../core/input.ts'
import { changeBody } from '../core/openai/body.ts'
import {
  encodeMultipart,
  type FormPart,
  MultipartError,
  multipartBoundary,
  multipartType,
  parseMultipart,
} from '../lib/multipart.ts'
import type { Resolution } from '../registry/types.ts'
import { readBody, readJson } from './body.ts'
import type { AnswerFilter, Exchange } from './exchange.ts'
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

/** The values of a form as the JSON that they stand for. */
function formValues(parts: readonly FormPart[]): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null)
  for (const { name, filename, data } of parts) {
    if (filename !== undefined) continue
    const text = data.toString('utf8')
    const isNumber = name === 'n' || name === 'output_compression' || name === 'partial_images'
    values[name] =
      isNumber && text.trim() !== ''
        ? Number(text)
        : name === 'stream'
          ? text === 'true'
            ? true
            : text === 'false'
              ? false
              : text
          : text
  }
  return values
}

function changeParts(parts: readonly FormPart[], changes: Readonly<Record<string, unknown>>): FormPart[] {
  const changed = parts.filter(({ name }) => !Object.hasOwn(changes, name))
  for (const name in changes) {
    const value = changes[name]
    if (value === undefined) continue
    changed.push({ name, filename: undefined, contentType: undefined, data: Buffer.from(String(value)) })
  }
  return changed
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
  let parts: FormPart[]
  try {
    parts = parseMultipart(raw, boundary)
  } catch (error) {
    if (error instanceof MultipartError) throw new TurnoutError('invalid_input', error.message)
    throw error
  }
  const values = formValues(parts)
  const body = check(ImageEditsRequest, values)
  if (!parts.some(({ name, filename }) => filename !== undefined && (name === 'image' || name === 'image[]'))) {
    throw new TurnoutError(
      'invalid_input',
      'image is required and must be at least one file part named image or image[].',
      {
        param: 'image',
      },
    )
  }
  const target = resolveFor(plane.registry, body.model, 'image')
  const changes = relayedBody(target.deployment, 'images.edit', values, plane.relay.wires)
  const same = Object.keys(changes).length === 0
  relay(exchange, principal, 'images.edit', body, target, changes, {
    body: same ? raw : encodeMultipart(changeParts(parts, changes), boundary),
    contentType: same ? contentType : multipartType(boundary),
  })
}
