import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import type { Connection, ProviderCallback } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { isObject } from '../../lib/objects.ts'
import { callbackHeader, workNamed } from '../shared/callback.ts'
import { parseJson, text } from '../shared/failure.ts'

const HOME = 'https://queue.fal.run'
const KEYS_OF_FAL = 'https://rest.alpha.fal.ai/.well-known/jwks.json'
/** fal asks that the keys are not kept for longer. */
const KEPT_MS = 24 * 3600_000
/** A signature that no key fits may be made with a new one, but nobody makes us ask for it again and again. */
const ASKED_AGAIN_MS = 60_000
const TOLERANCE_SECONDS = 300

interface Keys {
  keys: KeyObject[]
  askedAt: number
}

/** By the address that they come from. */
const known = new Map<string, Keys>()

/** Whoever stands in for fal has keys of its own. */
function keysUrlOf({ baseUrl, settings }: Connection): string {
  if (typeof settings.jwksUrl === 'string') return settings.jwksUrl
  return new URL(baseUrl).origin === HOME ? KEYS_OF_FAL : `${baseUrl}/.well-known/jwks.json`
}

async function fetchKeys(url: string, { transport, signal, provider }: Connection): Promise<Keys> {
  const response = await transport(url, { headers: { accept: 'application/json' }, signal })
  const answer = parseJson(await response.text())
  if (response.status !== 200 || !isObject(answer) || !Array.isArray(answer.keys)) {
    throw new TurnoutError('overloaded', `${provider} does not tell the keys that its callbacks are signed with.`, {
      provider,
      upstreamStatus: response.status,
    })
  }
  const keys = answer.keys
    .filter((key) => isObject(key) && key.kty === 'OKP' && key.crv === 'Ed25519')
    .map((key) => createPublicKey({ key: key as JsonWebKey, format: 'jwk' }))
  const fetched = { keys, askedAt: Date.now() }
  known.set(url, fetched)
  return fetched
}

async function isSigned(message: Buffer, signature: Buffer, connection: Connection): Promise<boolean> {
  const url = keysUrlOf(connection)
  const fits = ({ keys }: Keys) => keys.some((key) => verify(null, message, key, signature))
  const before = known.get(url)
  const age = before ? Date.now() - before.askedAt : Number.POSITIVE_INFINITY
  if (before && age < KEPT_MS && fits(before)) return true
  return age >= ASKED_AGAIN_MS && fits(await fetchKeys(url, connection))
}

/**
 * Source: fal.ai/docs, Webhooks: an Ed25519 signature over request id, user
 * id, timestamp and the SHA-256 of the body, by a key of its published set.
 */
export async function readCallback(callback: ProviderCallback, connection: Connection): Promise<string> {
  const { provider } = connection
  const refuse = (why: string) => new TurnoutError('permission', `The callback is none of ${provider}: ${why}.`)
  const [requestId, userId, timestamp, signature] = ['request-id', 'user-id', 'timestamp', 'signature'].map((name) =>
    callbackHeader(callback, `x-fal-webhook-${name}`),
  )
  if (!requestId || !userId || !timestamp || !signature) throw refuse('it is not signed')
  // Held against the clock before anybody is asked for keys.
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
    throw refuse('its time is not now')
  }
  const hash = createHash('sha256').update(callback.body).digest('hex')
  const message = Buffer.from([requestId, userId, timestamp, hash].join('\n'))
  if (!/^[0-9a-f]{128}$/i.test(signature) || !(await isSigned(message, Buffer.from(signature, 'hex'), connection))) {
    throw refuse('its signature is wrong')
  }
  const body = parseJson(callback.body.toString('utf8'))
  return workNamed(isObject(body) ? text(body.request_id) : undefined, provider)
}
