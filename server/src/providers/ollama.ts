import type { Connection, ListedModel, ProviderAdapter } from '../core/adapter.ts'
import { openAICompatible } from './openai-compatible.ts'
import { getJson } from './shared/openai-models.ts'

interface Tag {
  name?: string
  capabilities?: string[]
  details?: { families?: string[] | null }
}

/** Ollama's own list. Source: Ollama's API reference, `GET /api/tags`. */
async function listModels(connection: Connection): Promise<ListedModel[]> {
  const { models } = await getJson(`${new URL(connection.baseUrl).origin}/api/tags`, connection)
  if (!Array.isArray(models)) return []
  return (models as Tag[]).flatMap(({ name, capabilities, details }) =>
    typeof name === 'string'
      ? [
          {
            id: name,
            vision: capabilities?.includes('vision'),
            tools: capabilities?.includes('tools'),
            embedding: capabilities
              ? capabilities.includes('embedding')
              : (details?.families ?? []).some((f) => f.includes('bert')),
          },
        ]
      : [],
  )
}

/** Ollama: OpenAI's dialect, and a list of its own. */
export const ollama: ProviderAdapter = { ...openAICompatible, id: 'ollama', listModels }
