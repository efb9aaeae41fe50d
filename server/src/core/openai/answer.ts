import type { Usage } from '@turnout/contract'
import type { OpenAIOperation } from '../adapter.ts'
import { readTailUsage, readUsage } from './usage.ts'

const DATA_KEY = Buffer.from('"data"')

/** Whether the bytes can be one whole JSON object that has data; the client's parser looks closer. */
function looksWhole(body: Buffer): boolean {
  let first = 0
  while (first < body.length && body[first]! <= 0x20) first += 1
  let last = body.length - 1
  while (last > first && body[last]! <= 0x20) last -= 1
  return body[first] === 0x7b && body[last] === 0x7d && body.includes(DATA_KEY)
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
