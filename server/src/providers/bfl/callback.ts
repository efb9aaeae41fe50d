import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Connection, ProviderCallback } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { isObject } from '../../lib/objects.ts'
import { callbackHeader, workNamed } from '../shared/callback.ts'
import { parseJson, text } from '../shared/failure.ts'

/**
 * The header `X-BFL-Signature: sha256=` with the HMAC-SHA256 of the body by
 * `webhook_secret` stands in copies that others made of BFL's notes for coding
 * agents; BFL's OpenAPI description of 2026-05-01 says only that the secret is
 * for signatures. Unverified.
 */
export async function readCallback(callback: ProviderCallback, { provider }: Connection): Promise<string> {
  const signature = /^sha256=([0-9a-f]{64})$/i.exec(callbackHeader(callback, 'x-bfl-signature') ?? '')?.[1]
  const expected = createHmac('sha256', callback.secret).update(callback.body).digest()
  if (signature === undefined || !timingSafeEqual(Buffer.from(signature, 'hex'), expected)) {
    throw new TurnoutError('permission', `The callback is none of ${provider}: its signature is missing or wrong.`)
  }
  const body = parseJson(callback.body.toString('utf8'))
  return workNamed(isObject(body) ? (text(body.id) ?? text(body.task_id)) : undefined, provider)
}
