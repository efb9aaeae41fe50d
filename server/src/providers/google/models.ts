import type { Connection, ListedModel } from '../../core/adapter.ts'
import { isObject } from '../../lib/objects.ts'
import { exchange, readObject } from '../shared/exchange.ts'
import { text } from '../shared/failure.ts'
import { googleError } from './errors.ts'

type Json = Readonly<Record<string, unknown>>

/** Far more pages than there are: a list that never ends is no list. */
const MOST_PAGES = 20

/** The models of a list that comes in pages. Source: Gemini API reference, models.list, read November 2026. */
export async function listPages(
  url: string,
  headers: Record<string, string>,
  connection: Connection,
  read: (page: Json) => ListedModel[],
): Promise<ListedModel[]> {
  const models: ListedModel[] = []
  let token: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const address = token === undefined ? url : `${url}&pageToken=${encodeURIComponent(token)}`
    const response = await exchange(address, { method: 'GET', headers }, connection, googleError)
    const answer = await readObject(response, connection.provider)
    models.push(...read(answer))
    token = text(answer.nextPageToken)
    if (token === undefined) break
  }
  return models
}

/** What follows the collection in a resource name. */
export const idOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1)

/** The models of a page of the Gemini API. */
export const readGeminiModels = ({ models }: Json): ListedModel[] =>
  (Array.isArray(models) ? (models as unknown[]) : []).flatMap((model) => {
    const name = isObject(model) ? text(model.name) : undefined
    if (!isObject(model) || name === undefined) return []
    const methods: unknown[] = Array.isArray(model.supportedGenerationMethods) ? model.supportedGenerationMethods : []
    const { inputTokenLimit } = model
    return [
      {
        id: idOf(name),
        name: text(model.displayName),
        contextTokens: typeof inputTokenLimit === 'number' ? inputTokenLimit : undefined,
        embedding: methods.some((method) => /embed/i.test(String(method))),
      },
    ]
  })
