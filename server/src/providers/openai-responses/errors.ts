import type { ErrorCode } from '@turnout/contract'
import { errorReader } from '../shared/failure.ts'
import { readOpenAISaid } from '../shared/openai-errors.ts'

/**
 * Codes that only responses have: `response.error.code` of one that failed.
 * Source: OpenAI's API reference, ResponseErrorCode, August 2026.
 */
const BY_WORD: ReadonlyMap<string, ErrorCode> = new Map([
  ['invalid_prompt', 'content_policy'],
  ['bio_policy', 'content_policy'],
  ['image_content_policy_violation', 'content_policy'],
  ['data_residency_mismatch', 'permission'],
  ['vector_store_timeout', 'timeout'],
  ['server_error', 'upstream_error'],
])

/** A picture that cannot be fetched or read: `invalid_image_url`, `image_too_large`, `empty_image_file`... */
const OF_PICTURES = /(^|_)image(_|$)/

/** A failed answer of the Responses API as an error, whether by its status or by an event within a stream. */
export const responsesError = errorReader((body, status) => {
  const said = readOpenAISaid(body, status)
  const word = said.word ?? ''
  const code = BY_WORD.get(word) ?? (status < 400 && OF_PICTURES.test(word) ? 'invalid_input' : said.code)
  return { ...said, code }
})
