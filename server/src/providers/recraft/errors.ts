import type { ErrorCode } from '@turnout/contract'
import { errorReader } from '../shared/failure.ts'
import { readOpenAISaid } from '../shared/openai-errors.ts'

/** Recraft's own codes. Its description of the API names none; these have been seen. */
const BY_CODE: ReadonlyMap<string | undefined, ErrorCode> = new Map([
  ['not_enough_credits', 'billing'],
  ['invalid_request_parameter', 'invalid_input'],
])

/** Plain text, `{code, message}` or OpenAI's shape, as an error. */
export const recraftError = errorReader((body, status) => {
  const said = readOpenAISaid(body, status)
  return { ...said, code: BY_CODE.get(said.word) ?? said.code }
})
