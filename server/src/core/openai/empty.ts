import { textsOf } from '../validation/completion.ts'
import { saysNothing } from '../validation/rules.ts'

const CONTENT_KEY = Buffer.from('"content"')
const QUOTE = 0x22

/** Whether the first text of a completion is surely one: then the body need not be parsed once more. */
function surelySpeaks(body: Buffer): boolean {
  const key = body.indexOf(CONTENT_KEY)
  if (key === -1) return false
  let at = key + CONTENT_KEY.length
  while (body[at] === 0x20 || body[at] === 0x3a) at += 1
  const first = body[at + 1]
  // White space comes as it is or escaped.
  return body[at] === QUOTE && first !== QUOTE && first !== 0x20 && first !== 0x5c
}

/** What a message may bring instead of text. */
const OTHERS = /"(?:audio|function_call|images)"\s*:\s*[[{]/

/** Whether all choices of a `chat.completion` ended as answers do and say nothing at all. */
export const isEmptyCompletion = (body: Buffer): boolean =>
  !surelySpeaks(body) && textsOf(body).every(saysNothing) && !OTHERS.test(body.toString('utf8'))
