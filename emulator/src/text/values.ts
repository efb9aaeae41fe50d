import type { Random } from '../random.ts'
import type { JsonObject } from '../types.ts'
import { stringFor } from './pattern.ts'
import type { Topic } from './topic.ts'
import { UnsatisfiableError } from './unsatisfiable.ts'

/** What generated values draw on. */
export interface Source {
  random: Random
  topic: Topic
  prompt: string
}

const MAX_LENGTH = 100_000

const two = (value: number): string => String(value).padStart(2, '0')
const hex = (random: Random, length: number): string =>
  Array.from({ length }, () => random.int(0, 15).toString(16)).join('')

const date = (random: Random): string => `2026-${two(random.int(1, 12))}-${two(random.int(1, 28))}`
const time = (random: Random): string => `${two(random.int(0, 23))}:${two(random.int(0, 59))}:00Z`

const FORMATS: Readonly<Record<string, (random: Random) => string>> = {
  date,
  time,
  'date-time': (random) => `${date(random)}T${time(random)}`,
  duration: (random) => `PT${random.int(1, 59)}M`,
  email: (random) => `${random.pick(['ada', 'grace', 'linus'])}@example.com`,
  hostname: (random) => `${random.pick(['www', 'api', 'shop'])}.example.com`,
  ipv4: (random) => `192.0.2.${random.int(1, 254)}`,
  ipv6: (random) => `2001:db8::${random.int(1, 9)}`,
  uuid: (random) => `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-a${hex(random, 3)}-${hex(random, 12)}`,
  uri: () => 'https://example.com/',
  url: () => 'https://example.com/',
}

/** Kinds of strings that a property's name suggests, the first fitting one wins. */
const BY_NAME: readonly [RegExp, (source: Source) => string][] = [
  [/^(query|prompt|text|question|message|input|q)$|search/i, ({ prompt }) => prompt.trim().slice(0, 200)],
  [
    /city|location|place|country|town|destination|origin|capital/i,
    ({ topic, random }) => named(topic, random, 'Paris'),
  ],
  [/email/i, ({ random }) => FORMATS.email?.(random) ?? ''],
  [/url|link|website/i, () => 'https://example.com/'],
  [/date|day$/i, ({ random }) => date(random)],
  [/(^|_)time/i, ({ random }) => time(random)],
  [/(^|_)(id|sku|code)$|Id$/, ({ random }) => hex(random, 8)],
  [/currency/i, () => 'EUR'],
  [/lang|locale/i, () => 'en'],
  [/name|author|person|who/i, ({ topic, random }) => named(topic, random, 'Ada Lovelace')],
  [/summary|description|explanation|reason|answer|output|content|body/i, (source) => sentence(source)],
]

function named(topic: Topic, random: Random, otherwise: string): string {
  return topic.names.length > 0 ? random.pick(topic.names) : otherwise
}

function sentence({ random, topic }: Source): string {
  const [first, second] = [random.pick(topic.words), random.pick(topic.words)]
  return random.pick([
    `The answer depends on ${first} and on ${second}.`,
    `It begins with ${first}.`,
    `Here ${first} matters more than ${second}.`,
  ])
}

function fitted(text: string, min: number, max: number, random: Random): string {
  let fitting = text
  while (fitting.length < min) fitting += fitting === '' ? 'a' : ` ${random.pick(['and', 'more', 'of', 'it'])}`
  return fitting.length > max ? fitting.slice(0, max).replace(/\s$/, 'x') : fitting
}

/** A plausible string for a property of this name that obeys the schema's bounds, format and pattern. */
export function stringValue(schema: JsonObject, name: string, source: Source): string {
  if (typeof schema.format === 'string' && Object.hasOwn(FORMATS, schema.format)) {
    return FORMATS[schema.format]?.(source.random) ?? ''
  }
  if (typeof schema.pattern === 'string') return stringFor(schema.pattern, source.random)
  const known = BY_NAME.find(([pattern]) => pattern.test(name))
  const text = known ? known[1](source) : source.random.pick(source.topic.words)
  const min = typeof schema.minLength === 'number' ? schema.minLength : 0
  const max = typeof schema.maxLength === 'number' ? schema.maxLength : MAX_LENGTH
  if (min > Math.min(max, MAX_LENGTH))
    throw new UnsatisfiableError('The schema asks for a string of impossible length.')
  return fitted(text, min, max, source.random)
}

const numeric = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

function impossible(): never {
  throw new UnsatisfiableError('The schema asks for a number that its bounds exclude.')
}

/** A number within the schema's bounds that is a multiple of its step. */
export function numberValue(schema: JsonObject, integer: boolean, { random }: Source): number {
  const exclusiveMin = numeric(schema.exclusiveMinimum)
  const exclusiveMax = numeric(schema.exclusiveMaximum)
  const lowest = Math.max(numeric(schema.minimum) ?? Number.NEGATIVE_INFINITY, exclusiveMin ?? Number.NEGATIVE_INFINITY)
  const highest = Math.min(
    numeric(schema.maximum) ?? Number.POSITIVE_INFINITY,
    exclusiveMax ?? Number.POSITIVE_INFINITY,
  )
  const low = Number.isFinite(lowest) ? lowest : Math.min(1, Number.isFinite(highest) ? highest - 100 : 1)
  const high = Number.isFinite(highest) ? highest : Math.max(low + 100, 100)
  const allowed = (value: number): boolean =>
    value >= low && value <= high && value !== exclusiveMin && value !== exclusiveMax
  const step = numeric(schema.multipleOf) ?? (integer ? 1 : undefined)
  if (step === undefined) {
    const value = Math.round((low + random.float() * (high - low)) * 100) / 100
    return [value, (low + high) / 2, low].find(allowed) ?? impossible()
  }
  const decimals = /\.(\d+)/.exec(String(step))?.[1]?.length ?? 0
  const [from, to] = [Math.ceil(low / step), Math.floor(high / step)]
  const candidates = [random.int(from, Math.max(from, to)), from, from + 1].map((count) =>
    Number((count * step).toFixed(decimals)),
  )
  return candidates.find(allowed) ?? impossible()
}
