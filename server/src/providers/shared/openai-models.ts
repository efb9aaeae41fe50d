import type { Connection, ListedModel } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { isReadable, refusalOf } from './failure.ts'
import { openAIHeaders, versionedBase } from './openai-door.ts'
import { openAIError } from './openai-errors.ts'

/** Asks `url` for JSON without paying for anything. */
export async function getJson(url: string, connection: Connection): Promise<Record<string, unknown>> {
  const response = await connection.transport(url, { headers: openAIHeaders(connection), signal: connection.signal })
  if (!isReadable(response)) throw await refusalOf(response, connection.provider, openAIError)
  const body = await response.text()
  try {
    const value: unknown = JSON.parse(body)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {}
  throw new TurnoutError(
    'invalid_output',
    `${connection.provider} answered no JSON object at ${new URL(url).pathname}.`,
    {
      provider: connection.provider,
    },
  )
}

/** `GET /models`, which every OpenAI-compatible server has. */
export async function listOpenAIModels(connection: Connection): Promise<ListedModel[]> {
  const { data } = await getJson(`${versionedBase(connection.baseUrl)}/models`, connection)
  if (!Array.isArray(data)) return []
  return data.flatMap((model: { id?: unknown }) => (typeof model?.id === 'string' ? [{ id: model.id }] : []))
}
