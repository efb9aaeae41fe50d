import { randomFrom } from '../random.ts'

/** The words that a text's vector is made of. */
export function wordsOfText(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]
}

/**
 * A unit vector that depends only on model and features. Each feature adds its own
 * direction, so texts that share words lie close to each other; a shorter
 * vector is the beginning of the whole one, brought to unit length.
 */
export function vectorOf(features: readonly string[], model: string, dimensions: number): Float32Array {
  const sum = new Float32Array(dimensions)
  for (const feature of new Set(features)) {
    const random = randomFrom(`${model}:${feature}`)
    for (let index = 0; index < dimensions; index++) sum[index] = (sum[index] ?? 0) + random.float() * 2 - 1
  }
  const length = Math.hypot(...sum) || 1
  return sum.map((value) => value / length)
}
