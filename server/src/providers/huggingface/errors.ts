import type { ErrorCode } from '@turnout/contract'
import { isObject } from '../../lib/objects.ts'
import { readFalSaid } from '../fal/errors.ts'
import { type ErrorReader, errorReader, parseJson, type Said } from '../shared/failure.ts'
import { readOpenAISaid } from '../shared/openai-errors.ts'

/**
 * Sentences that say more than the status beside them: the router's own, then
 * those of the providers behind it.
 * Source: Hugging Face's documentation of Inference Providers and the reports
 * of users of the router, read November 2026.
 */
const BY_SENTENCE: readonly (readonly [RegExp, ErrorCode])[] = [
  [/not supported by (any provider you have enabled|provider)/i, 'model_not_enabled'],
  [/exceeded your monthly included credits|pre-?paid credits/i, 'billing'],
  [/sufficient permissions to call inference providers/i, 'permission'],
  [/invalid username or password/i, 'authentication'],
  [/is currently loading/i, 'overloaded'],
  [/nsfw content|flagged as sensitive/i, 'content_policy'],
]

/** What a sentence means whatever status it came with. */
export const codeOfSentence = (sentence: string): ErrorCode | undefined =>
  BY_SENTENCE.find(([pattern]) => pattern.test(sentence))?.[1]

/** What a body says, in the router's words or in those of the provider behind it, which it passes through. */
function readBody(body: string, status: number, headers: Readonly<Record<string, string>>): Said {
  const value = parseJson(body)
  if (!isObject(value)) return readOpenAISaid(body, status)
  const { error, detail } = value
  if (Array.isArray(error)) return { message: error.map(String).join('; ') }
  return isObject(detail) || Array.isArray(detail) || value.error_type !== undefined
    ? readFalSaid(body, status, headers)
    : readOpenAISaid(body, status)
}

function readSaid(body: string, status: number, headers: Readonly<Record<string, string>>): Said {
  const said = readBody(body, status, headers)
  const value = parseJson(body)
  const loading = isObject(value) ? value.estimated_time : undefined
  return {
    ...said,
    code: codeOfSentence(said.message) ?? said.code,
    retryAfterMs: typeof loading === 'number' && loading >= 0 ? loading * 1000 : undefined,
  }
}

/** An error of the router, or of the provider behind it. */
export const huggingFaceError: ErrorReader = errorReader(readSaid)
