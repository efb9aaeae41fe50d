import type { IncomingHttpHeaders } from 'node:http'
import { TurnoutError } from '../../core/error.ts'

const MOST_CHARACTERS = 255

/** The client's name for a request, by which it may be repeated. @throws TurnoutError invalid_input */
export function idempotencyKeyOf({ headers }: { headers: IncomingHttpHeaders }): string | undefined {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && key.length > 0 && key.length <= MOST_CHARACTERS) return key
  throw new TurnoutError('invalid_input', `Idempotency-Key must have 1 to ${MOST_CHARACTERS} characters.`, {
    param: 'Idempotency-Key',
  })
}
