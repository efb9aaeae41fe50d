import type { Connection, ImageAdapter } from '../../core/adapter.ts'
import type { ImageCall, MediaOutcome } from '../../core/media.ts'
import { exchange, json } from './exchange.ts'
import { formRequest } from './media.ts'
import { openAIDoor } from './openai-door.ts'
import { openAIError } from './openai-errors.ts'
import { readImages } from './openai-image/answer.ts'
import type { Dialect } from './openai-image/families.ts'
import { imageRequest } from './openai-image/request.ts'

async function start(dialect: Dialect, call: ImageCall, connection: Connection): Promise<MediaOutcome> {
  const { provider, flags } = connection
  const { operation, fields, files, warnings } = imageRequest(call, dialect, provider)
  const { url, headers } = openAIDoor.request(operation, connection)
  const sent = { ...fields, ...openAIDoor.rewrite(operation, fields, flags) }
  const accepting = { ...headers, accept: 'application/json' }
  const request = files.length > 0 ? formRequest(sent, files, accepting) : json(sent, accepting)
  const response = await exchange(url, request, connection, openAIError)
  return { ...(await readImages(response, fields.output_format, provider)), warnings }
}

/** Pictures by OpenAI's image endpoints, which answer when they are done. */
export const createOpenAIImage = (dialect: Dialect): ImageAdapter => ({
  links: false,
  takesWords: true,
  start: (call, connection) => start(dialect, call, connection),
})
