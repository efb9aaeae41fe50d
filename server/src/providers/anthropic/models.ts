import type { Connection, ListedModel } from '../../core/adapter.ts'
import { isObject } from '../../lib/objects.ts'
import { exchange, readObject } from '../shared/exchange.ts'
import { anthropicHeaders, anthropicUrl } from './door.ts'
import { anthropicError } from './errors.ts'

/** The most that one page may have. */
const PAGE = 1_000
/** No account has more models than fit in so many pages. */
const PAGES = 20

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

const isSupported = (capability: unknown): boolean | undefined =>
  isObject(capability) && typeof capability.supported === 'boolean' ? capability.supported : undefined

function listed(model: unknown): ListedModel[] {
  if (!isObject(model) || typeof model.id !== 'string') return []
  const capabilities = isObject(model.capabilities) ? model.capabilities : {}
  const contextTokens = typeof model.max_input_tokens === 'number' ? model.max_input_tokens : undefined
  return [
    { id: model.id, name: text(model.display_name), contextTokens, vision: isSupported(capabilities.image_input) },
  ]
}

/** `GET /v1/models`, page by page. Source: Models API reference, read November 2026. */
export async function listAnthropicModels(connection: Connection): Promise<ListedModel[]> {
  const all: ListedModel[] = []
  const headers = anthropicHeaders(connection)
  let after = ''
  for (let page = 0; page < PAGES; page += 1) {
    const url = anthropicUrl(connection, `/v1/models?limit=${PAGE}${after}`)
    const response = await exchange(url, { headers }, connection, anthropicError)
    const { data, has_more, last_id } = await readObject(response, connection.provider)
    if (Array.isArray(data)) all.push(...data.flatMap(listed))
    if (has_more !== true || typeof last_id !== 'string') break
    after = `&after_id=${encodeURIComponent(last_id)}`
  }
  return all
}
