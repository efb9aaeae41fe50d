import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A folder with answers recorded from the real APIs, which TURNOUT_WIRE names or which lies beside the repository;
 * without it there is nothing to compare with.
 */
export const wire = [process.env.TURNOUT_WIRE, join(import.meta.dirname, '../../../shared/wire')].find(
  (place) => place !== undefined && existsSync(join(place, 'vercel-ai-fixtures')),
)

/** A recorded answer of a package of the fixtures. */
export function readRecorded(provider: string, file: string): string {
  return readFileSync(join(wire ?? '', `vercel-ai-fixtures/packages/${provider}/src`, file), 'utf8')
}

/** The names and types of all fields, e.g. `choices[].index: number`. */
export function shape(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((item) => shape(item, `${path}[]`)))]
  if (typeof value !== 'object' || value === null) return [`${path}: ${value === null ? 'null' : typeof value}`]
  return Object.entries(value).flatMap(([key, item]) => shape(item, path === '' ? key : `${path}.${key}`))
}
