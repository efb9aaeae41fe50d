import type { ErrorCode } from '@turnout/contract'
import type { Connection, ListedModel, ProviderAdapter } from '../core/adapter.ts'
import { TurnoutError } from '../core/error.ts'
import { openAICompatible } from './openai-compatible.ts'
import { getJson, listOpenAIModels } from './shared/openai-models.ts'

/** Of `GET /api/v1/models`. */
interface Model {
  key?: string
  /** `llm` or `embedding`. */
  type?: string
  display_name?: string
  max_context_length?: number
  capabilities?: { vision?: boolean; trained_for_tool_use?: boolean }
}

/** Of `GET /api/v0/models`. */
interface OlderModel {
  id?: string
  /** `llm`, `vlm` (one that sees) or `embeddings`. */
  type?: string
  max_context_length?: number
  /** Later versions only. */
  capabilities?: string[]
}

/** How a server says that it has no such list; all other failures say that it has trouble. */
const ABSENT: ReadonlySet<ErrorCode> = new Set(['model_not_found', 'invalid_input', 'invalid_output', 'permission'])

/** A list of the native API; undefined from a server without it, which LM Studio itself tells with status 200. */
async function nativeList(
  path: string,
  field: 'models' | 'data',
  connection: Connection,
): Promise<unknown[] | undefined> {
  try {
    const list = (await getJson(new URL(path, connection.baseUrl).href, connection))[field]
    return Array.isArray(list) ? list : undefined
  } catch (error) {
    if (error instanceof TurnoutError && ABSENT.has(error.code)) return undefined
    throw error
  }
}

const listed = ({ key, type, display_name, max_context_length, capabilities }: Model): ListedModel[] =>
  typeof key === 'string'
    ? [
        {
          id: key,
          name: display_name,
          contextTokens: max_context_length,
          vision: capabilities?.vision,
          tools: capabilities?.trained_for_tool_use,
          embedding: type === 'embedding',
        },
      ]
    : []

const listedByOlder = ({ id, type, max_context_length, capabilities }: OlderModel): ListedModel[] =>
  typeof id === 'string'
    ? [
        {
          id,
          contextTokens: max_context_length,
          vision: type === 'vlm',
          tools: capabilities?.includes('tool_use'),
          embedding: type === 'embeddings',
        },
      ]
    : []

/**
 * LM Studio's own list, which knows context length, vision and tools: v1 since
 * 0.4, v0 since 0.3.6. Servers before that have only OpenAI's list.
 * Source: LM Studio's REST API reference, `GET /api/v1/models` and `GET
 * /api/v0/models`, and its API changelog, read November 2026.
 */
async function listModels(connection: Connection): Promise<ListedModel[]> {
  const models = await nativeList('/api/v1/models', 'models', connection)
  if (models) return (models as Model[]).flatMap(listed)
  const older = await nativeList('/api/v0/models', 'data', connection)
  if (older) return (older as OlderModel[]).flatMap(listedByOlder)
  return listOpenAIModels(connection)
}

/** LM Studio: OpenAI's dialect, and a list of its own. */
export const lmstudio: ProviderAdapter = { ...openAICompatible, id: 'lmstudio', listModels }
