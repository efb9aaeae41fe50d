import { createHmac } from 'node:crypto'

/** An event as it was stored. */
export interface StoredEvent {
  id: string
  type: string
  sequence: number
  timestamp: Date
  /** JSON. */
  payload: string
}

/** The body of every delivery of an event, the same byte for byte. */
export const bodyOf = ({ type, timestamp, sequence, payload }: Omit<StoredEvent, 'id'>): string =>
  `{"type":${JSON.stringify(type)},"timestamp":"${timestamp.toISOString()}","sequence":${sequence},"data":${payload}}`

/**
 * The headers of Standard Webhooks (standardwebhooks.com, "Signature scheme"):
 * HMAC-SHA256 over id, time and body, once for each secret. The package of that
 * name does the same for a single secret, in JavaScript instead of natively.
 *
 * @param at Of this attempt, in epoch milliseconds; receivers refuse what is older than minutes.
 */
export function signedHeaders(
  id: string,
  body: string,
  at: number,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = Math.floor(at / 1000)
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return {
    'content-type': 'application/json',
    'user-agent': 'turnout-webhooks',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  }
}
