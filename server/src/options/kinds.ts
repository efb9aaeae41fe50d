import { resolve } from 'node:path'
import { parseAllowed } from '../lib/http/addresses.ts'

/** How the text of an option becomes its value. */
export interface Kind<T> {
  /** One word for the reference. */
  type: string
  /** What is allowed, as the end of the sentence "must be ...". */
  allowed: string
  /** Its value is a secret, or holds one: no message may repeat it. */
  secret?: boolean
  /** @returns undefined where the text is not allowed */
  parse(text: string, cwd: string): T | undefined
}

export function integer(min: number, max: number): Kind<number> {
  return {
    type: 'integer',
    allowed: `a whole number from ${min} to ${max}`,
    parse: (text) => inRange(/^\d+$/.test(text) ? Number(text) : Number.NaN, min, max),
  }
}

/** Seconds, which may have a fraction, as milliseconds. */
export function seconds(min: number, max: number): Kind<number> {
  return {
    type: 'seconds',
    allowed: `a number of seconds from ${min} to ${max}`,
    parse: (text) => {
      const value = inRange(/^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN, min, max)
      return value === undefined ? undefined : Math.round(value * 1000)
    },
  }
}

const SIZE_UNITS: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

/** A size as bytes; a kilobyte is 1,024 of them. */
export function size(minBytes: number, maxBytes: number): Kind<number> {
  return {
    type: 'size',
    allowed: `a size from ${formatSize(minBytes)} to ${formatSize(maxBytes)}, such as 32mb, 512kb or a number of bytes`,
    parse: (text) => {
      const match = /^(\d+(?:\.\d+)?) ?(b|kb|mb|gb)?$/i.exec(text)
      if (!match) return undefined
      return inRange(Math.round(Number(match[1]) * SIZE_UNITS[match[2]?.toLowerCase() ?? 'b']!), minBytes, maxBytes)
    },
  }
}

export function choice<const T extends string>(...values: T[]): Kind<T> {
  return {
    type: 'choice',
    allowed: `one of ${values.join(', ')}`,
    parse: (text) => values.find((value) => value === text.toLowerCase()),
  }
}

/** Hosts, addresses and ranges of addresses. */
export const places: Kind<readonly string[]> = {
  type: 'list',
  allowed: 'hosts, addresses or ranges with commas between them, such as pictures.internal,10.0.0.0/8',
  parse: (text) => {
    const entries = text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
    try {
      parseAllowed(entries)
      return entries
    } catch {
      return undefined
    }
  },
}

/** Bucket and prefix of an `s3://` URL; the prefix is empty or ends with `/`. */
export interface S3Location {
  bucket: string
  prefix: string
}

/** What a bucket may be called (Amazon S3, "General purpose bucket naming rules"). */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/** Where artifacts are kept: `fs`, the data directory, or a bucket. */
export const storage: Kind<'fs' | S3Location> = {
  type: 'storage',
  allowed: 'fs, or s3://bucket or s3://bucket/prefix',
  parse: (text) => {
    if (text.toLowerCase() === 'fs') return 'fs'
    const [, bucket, path = ''] = /^s3:\/\/([^/]+)(?:\/([\w./!()'*-]*))?$/.exec(text) ?? []
    if (bucket === undefined || !BUCKET.test(bucket)) return undefined
    const prefix = path.replace(/^\/+|\/+$/g, '')
    if (/\/\/|(^|\/)\.{1,2}(\/|$)/.test(prefix)) return undefined
    return { bucket, prefix: prefix && `${prefix}/` }
  },
}

/** Names of buckets. */
export const buckets: Kind<readonly string[]> = {
  type: 'list',
  allowed: 'names of buckets with commas between them',
  parse: (text) => {
    const names = text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '')
    return names.every((name) => BUCKET.test(name)) ? names : undefined
  },
}

export const yesOrNo: Kind<boolean> = {
  type: 'boolean',
  allowed: 'true or false',
  parse: (text) => ({ true: true, false: false })[text.toLowerCase()],
}

export const text: Kind<string> = {
  type: 'text',
  allowed: 'a text without spaces',
  parse: (value) => (/^\S+$/.test(value) ? value : undefined),
}

/** A path as an absolute one. */
export const path: Kind<string> = {
  type: 'path',
  allowed: 'a path',
  parse: (value, cwd) => (value === '' || value.includes('\0') ? undefined : resolve(cwd, value)),
}

/** Without its trailing slash. */
export const httpUrl: Kind<string> = {
  type: 'URL',
  allowed: 'an http or https URL without query, such as https://models.example.com',
  parse: (value) => {
    if (!/^https?:\/\/[^?#\s]+$/.test(value) || !URL.canParse(value)) return undefined
    return value.replace(/\/+$/, '')
  },
}

export const postgresUrl: Kind<string> = {
  type: 'URL',
  allowed: 'a URL such as postgres://user:password@host:5432/database',
  secret: true,
  parse: (value) => (/^postgres(ql)?:\/\/./.test(value) && URL.canParse(value) ? value : undefined),
}

export function secret(minLength: number): Kind<string> {
  return {
    type: 'secret',
    allowed: `at least ${minLength} characters long`,
    secret: true,
    parse: (value) => (value.length >= minLength ? value : undefined),
  }
}

/** NODE_ENV, of which only one value matters. */
export const nodeEnvironment: Kind<boolean> = {
  type: 'text',
  allowed: 'a word; only "production" means something',
  parse: (value) => value === 'production',
}

function inRange(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined
}

function formatSize(bytes: number): string {
  const unit = Object.keys(SIZE_UNITS).findLast((name) => bytes % SIZE_UNITS[name]! === 0) ?? 'b'
  return `${bytes / SIZE_UNITS[unit]!}${unit}`
}
