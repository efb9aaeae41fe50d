import { TurnoutError } from '../core/error.ts'
import type { App } from './route.ts'

/** PostgreSQL holds no U+0000, so nothing that is asked for by a path or a query has one. */
export function refuseNul(app: App): void {
  app.addHook('preValidation', async ({ url, query, is404 }) => {
    if (is404 || !url.includes('%00')) return
    const param = Object.entries(query as object).find((pair) => pair.some((part) => String(part).includes('\0')))?.[0]
    const subject = param === undefined ? 'The path' : JSON.stringify(param).slice(1, -1)
    throw new TurnoutError('invalid_input', `${subject} must not have the character U+0000.`, {
      ...(param !== undefined && { param }),
    })
  })
}
