import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where recorded answers and outside specifications lie, if somebody has put them beside the repository. */
export function wireFolder(): string | undefined {
  const places = [process.env.TURNOUT_WIRE, join(import.meta.dirname, '../../../../../shared/wire')]
  return places.find((place) => place !== undefined && existsSync(join(place, 'vercel-ai-fixtures')))
}

/** A file of the wire folder. */
export const readWire = (path: string): string => readFileSync(join(wireFolder()!, path), 'utf8')

/**
 * A recorded stream: one JSON value per line, each of them the data of one
 * Server-Sent Event.
 */
export const readChunks = (path: string): string[] =>
  readWire(path)
    .split('\n')
    .filter((line) => line.trim() !== '')

/** Bytes in pieces of pseudo-random lengths from 1 to `longest`; the same seed cuts in the same places. */
export function* inPieces(bytes: Uint8Array, longest: number, seed = 1): Iterable<Uint8Array> {
  let state = seed
  for (let at = 0; at < bytes.length; ) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    const end = at + 1 + (state % longest)
    yield bytes.subarray(at, end)
    at = end
  }
}
