import type { ProviderDouble } from '../double.ts'
import type { Fault } from '../faults.ts'
import { type Body, type JsonObject, RawBody, type StreamEvent } from '../types.ts'

/** The event as the fault lets it through; undefined where the fault drops it. */
export function alteredEvent(
  event: StreamEvent,
  fault: Fault | undefined,
  double: ProviderDouble,
): StreamEvent | undefined {
  const { part, data } = event
  if (fault?.kind === 'no-end-marker' && part === 'end') return undefined
  if (fault?.kind === 'no-finish' && (part === 'finish' || part === 'usage' || part === 'end')) return undefined
  if (fault?.kind !== 'no-usage' || typeof data === 'string' || Buffer.isBuffer(data)) return event
  return part === 'usage' ? undefined : { ...event, data: double.withoutUsage(data) }
}

/** A buffered body as the fault lets it through. */
export function alteredBody(body: Body, fault: Fault | undefined, double: ProviderDouble): Body {
  if (body instanceof RawBody || Array.isArray(body)) return body
  if (fault?.kind === 'no-usage') return double.withoutUsage(body as JsonObject)
  return fault?.kind === 'no-finish' ? double.withoutFinish(body as JsonObject) : body
}

/**
 * A copy without the value at a path of keys; `[]` goes through all elements:
 * `without(body, 'choices', '[]', 'usage')`. A path that leads nowhere changes nothing.
 */
export function without(value: unknown, ...path: readonly string[]): unknown {
  return changed(value, path, (object, key) => {
    const { [key]: _left, ...rest } = object
    return rest
  })
}

/** A copy with null at a path, where the path exists. */
export function nulled(value: unknown, ...path: readonly string[]): unknown {
  return changed(value, path, (object, key) => (Object.hasOwn(object, key) ? { ...object, [key]: null } : object))
}

function changed(
  value: unknown,
  [key, ...rest]: readonly string[],
  change: (object: JsonObject, key: string) => JsonObject,
): unknown {
  if (key === undefined || typeof value !== 'object' || value === null) return value
  if (key === '[]') return Array.isArray(value) ? value.map((item) => changed(item, rest, change)) : value
  const object = value as JsonObject
  if (rest.length === 0) return change(object, key)
  return Object.hasOwn(object, key) ? { ...object, [key]: changed(object[key], rest, change) } : object
}
