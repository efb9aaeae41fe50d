import type { Usage } from '@turnout/contract'
import type { OpenAIOperation } from '../adapter.ts'
import { readTailUsage, readUsage } from './usage.ts'

const DATA_KEY = Buffer.from('"data"')

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/** The byte that the value behind a key begins with. */
function valueByte(body: Buffer, afterKey: number): number | undefined {
  let at = afterKey
  while (isSpace(body[at]) || body[at] === 0x3a) at += 1
  return body[at]
}

/** Whether the bytes can be one whole JSON object with a list of data; the client's parser looks closer. */
function looksWhole(body: Buffer): boolean {
  let first = 0
  while (first < body.length && body[first]! <= 0x20) first += 1
  let last = body.length - 1
  while (last > first && body[last]! <= 0x20) last -= 1
  if (body[first] !== 0x7b || body[last] !== 0x7d) return false
  const data = body.indexOf(DATA_KEY)
  return data !== -1 && valueByte(body, data + DATA_KEY.length) === 0x5b
}

/**
 * The usage that a buffered answer reports; undefined where it is no answer to
 * the operation. A completion is small and is parsed, so that a broken one is
 * never passed on. Vectors and pictures are megabytes of numbers and base64:
 * of them only both ends are read.
 */
export function readAnswer(operation: OpenAIOperation, body: Buffer): Usage | undefined {
  if (operation !== 'chat') return looksWhole(body) ? (readTailUsage(body) ?? {}) : undefined
  try {
    const answer = JSON.parse(body.toString('utf8')) as { choices?: unknown; usage?: unknown } | null
    return Array.isArray(answer?.choices) && answer.choices.length > 0 ? readUsage(answer.usage) : undefined
  } catch {
    return undefined
  }
}

const PICTURE_KEYS = [Buffer.from('"b64_json"'), Buffer.from('"url"')]

/** How many pictures a buffered answer holds: keys whose value is a string. Inside a string a quote is escaped. */
export function countPictures(body: Buffer): number {
  let count = 0
  for (const key of PICTURE_KEYS) {
    for (let at = body.indexOf(key); at !== -1; at = body.indexOf(key, at + key.length)) {
      if (valueByte(body, at + key.length) === 0x22) count += 1
    }
  }
  return count
}
