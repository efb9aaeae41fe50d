import type { ErrorCode } from '@turnout/contract'
import { errorReader } from '../shared/failure.ts'
import { readOpenAISaid } from '../shared/openai-errors.ts'

/** Recraft's own codes. Its description of the API names none; these have been seen. */
const BY_CODE: ReadonlyMap<string | undefined, ErrorCode> = new Map([
  ['not_enough_credits', 'billing'],
  ['invalid_request_parameter', 'invalid_input'],
])

/** How refusals for content are worded; their code is not documented. UNVERIFIED. */
const MODERATED = /moderat|content[ _]policy|nsfw/i

/** Plain text, `{code, message}` or OpenAI's shape, as an error. */
export const recraftError = errorReader((body, status) => {
  const said = readOpenAISaid(body, status)
  const isModerated = status < 500 && MODERATED.test(`${said.word} ${said.message}`)
  return { ...said, code: isModerated ? 'content_policy' : (BY_CODE.get(said.word) ?? said.code) }
})
