import type { Usage } from '@turnout/contract'
import { countOf } from '../count.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * What was put out. OpenAI counts reasoning as part of it; xAI counts it
 * beside it, which shows in a total that is larger by just that much.
 */
function countOutput(
  { completion_tokens, output_tokens, prompt_tokens, total_tokens }: Json,
  reasoning: unknown,
): unknown {
  const output = completion_tokens ?? output_tokens
  const apart = countOf(reasoning) ?? 0
  const isApart = apart > 0 && Number(prompt_tokens) + Number(output) + apart === total_tokens
  return isApart ? Number(output) + apart : output
}

/**
 * OpenAI's three `usage` objects as ours: `prompt_tokens` of chat and
 * embeddings, `input_tokens` of images. Details that are absent stay absent.
 * Moonshot has `cached_tokens` beside the others.
 */
export function readUsage(value: unknown): Usage {
  if (typeof value !== 'object' || value === null) return {}
  const raw = value as Json
  const inputDetails = (raw.prompt_tokens_details ?? raw.input_tokens_details) as Json | null | undefined
  const outputDetails = (raw.completion_tokens_details ?? raw.output_tokens_details) as Json | null | undefined
  const usage: Usage = {}
  const set = (name: keyof Usage, amount: unknown) => {
    const counted = countOf(amount)
    if (counted !== undefined) usage[name] = counted
  }
  set('inputTokens', raw.prompt_tokens ?? raw.input_tokens)
  set('outputTokens', countOutput(raw, outputDetails?.reasoning_tokens))
  set('cachedInputTokens', inputDetails?.cached_tokens ?? raw.cached_tokens)
  set('imageInputTokens', inputDetails?.image_tokens)
  if (outputDetails) {
    set('reasoningTokens', outputDetails.reasoning_tokens)
    set('imageOutputTokens', outputDetails.image_tokens)
  }
  return usage
}

const USAGE_KEY = Buffer.from('"usage"')

/**
 * The usage of a buffered answer, read from its tail without parsing the
 * rest. Inside a JSON string a quote is escaped, so the key cannot be met in
 * text. Undefined where there is none that can be read.
 */
export function readTailUsage(body: Buffer): Usage | undefined {
  let at = body.lastIndexOf(USAGE_KEY)
  if (at === -1) return undefined
  at = body.indexOf(0x7b, at + USAGE_KEY.length)
  if (at === -1) return undefined
  let depth = 0
  for (let i = at; i < body.length; i += 1) {
    if (body[i] === 0x7b) depth += 1
    else if (body[i] === 0x7d) {
      depth -= 1
      if (depth > 0) continue
      try {
        return readUsage(JSON.parse(body.toString('latin1', at, i + 1)))
      } catch {
        return undefined
      }
    }
  }
  return undefined
}
