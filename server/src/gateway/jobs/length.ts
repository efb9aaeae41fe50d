import { TurnoutError } from '../../core/error.ts'
import type { JobRequest } from '../../jobs/types.ts'

/**
 * Characters that a job may bring, files in data URLs apart. They are stored
 * with it and read again at every step: tens of megabytes keep the embedded
 * database from answering anybody.
 */
const MOST_CHARACTERS = 2_000_000

const withoutFiles = (_: string, value: unknown): unknown =>
  typeof value === 'string' && value.startsWith('data:') ? '' : value

function charactersOf(value: unknown): number {
  const all = JSON.stringify(value)?.length ?? 0
  return all <= MOST_CHARACTERS ? all : JSON.stringify(value, withoutFiles).length
}

/** What the client has written, by the names that it knows. */
function said({ inputs, options, image }: JobRequest): [name: string, value: unknown][] {
  if (image === undefined) {
    const below = (place: string, values: object) =>
      Object.entries(values).map(([name, value]): [string, unknown] => [`${place}.${name}`, value])
    return [...below('inputs', inputs), ...below('options', options)]
  }
  const { request, names, fields, words } = image
  const settings = Object.entries(request).map(([name, value]) => [names[name as keyof typeof request] ?? name, value])
  return Object.entries({ ...fields, ...words, ...Object.fromEntries(settings) })
}

/** @throws TurnoutError invalid_input by the name of what is longest, where a job brings too much to be stored */
export function requireLength(request: JobRequest): void {
  let longest = { name: '', characters: 0 }
  let sum = 0
  for (const [name, value] of said(request)) {
    const characters = charactersOf(value)
    sum += characters
    if (characters > longest.characters) longest = { name, characters }
  }
  if (sum <= MOST_CHARACTERS) return
  const { name, characters } = longest
  const room = Math.max(0, MOST_CHARACTERS - (sum - characters))
  throw new TurnoutError('invalid_input', `${name} must have at most ${room} characters; it has ${characters}.`, {
    param: name,
    status: 413,
  })
}
