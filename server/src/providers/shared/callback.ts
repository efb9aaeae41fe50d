import type { ProviderCallback } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'

/** A header of a callback, given once. */
export function callbackHeader({ headers }: ProviderCallback, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** An id as it may stand in an address. @throws TurnoutError invalid_input */
export function workNamed(id: string | undefined, provider: string): string {
  if (id !== undefined && /^[\w-]{1,200}$/.test(id)) return id
  throw new TurnoutError('invalid_input', `The callback of ${provider} does not name the work that it tells of.`)
}
