import { TurnoutError } from '../core/error.ts'
import { JsonError, parseJsonObject } from '../lib/json.ts'
import type { App } from './route.ts'

/** Nothing that the API takes comes near it. */
const MAX_DEPTH = 64

/** A JSON object is the only body there is. An empty one is the same as none: `DELETE` needs none. */
export function parseJsonBodies(app: App): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) => {
    if (body.length === 0) return undefined
    try {
      return parseJsonObject(body, MAX_DEPTH)
    } catch (error) {
      if (error instanceof JsonError) throw new TurnoutError('invalid_input', error.message)
      throw error
    }
  })
}
