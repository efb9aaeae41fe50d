import type { Connection, ListedModel, ProviderAdapter } from '../core/adapter.ts'
import { openAICompatible } from './openai-compatible.ts'
import { getJson, listOpenAIModels } from './shared/openai-models.ts'

interface NativeModel {
  key?: string
  type?: string
  display_name?: string
  max_context_length?: number
  capabilities?: { vision?: boolean; trained_for_tool_use?: boolean }
}

/**
 * LM Studio's own list, which knows context length, vision and tools; servers
 * before 0.4 have only OpenAI's list.
 * Source: LM Studio's REST API reference, `GET /api/v1/models`.
 */
async function listModels(connection: Connection): Promise<ListedModel[]> {
  let models: unknown
  try {
    models = (await getJson(`${new URL(connection.baseUrl).origin}/api/v1/models`, connection)).models
  } catch (error) {
    if ((error as { code?: string }).code === 'connection') throw error
  }
  if (!Array.isArray(models)) return listOpenAIModels(connection)
  return (models as NativeModel[]).flatMap((model) =>
    typeof model.key === 'string'
      ? [
          {
            id: model.key,
            name: model.display_name,
            contextTokens: model.max_context_length,
            vision: model.capabilities?.vision,
            tools: model.capabilities?.trained_for_tool_use,
            embedding: model.type === 'embedding',
          },
        ]
      : [],
  )
}

/** LM Studio: OpenAI's dialect, and a list of its own. */
export const lmstudio: ProviderAdapter = { ...openAICompatible, id: 'lmstudio', listModels }
