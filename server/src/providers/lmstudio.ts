import type { ErrorCode } from '@turnout/contract'
import type { Connection, ListedModel, ProviderAdapter } from '../core/adapter.ts'
import { TurnoutError } from '../core/error.ts'
import { isObject } from '../lib/objects.ts'
import { openAICompatible } from './openai-compatible.ts'
import { createOpenAIDoor, engineRoot, TEXT_ALONE } from './shared/openai-door.ts'
import { getJson, listOpenAIModels } from './shared/openai-models.ts'

/** Of `GET /api/v1/models`. */
interface Model {
  key?: string
  /** `llm` or `embedding`. */
  type?: string
  display_name?: string
  max_context_length?: number
  loaded_instances?: { config?: { context_length?: number } }[] | null
  capabilities?: { vision?: boolean; trained_for_tool_use?: boolean }
}

/** Of `GET /api/v0/models`. */
interface OlderModel {
  id?: string
  /** `llm`, `vlm` (one that sees) or `embeddings`. */
  type?: string
  state?: 'loaded' | 'not-loaded'
  max_context_length?: number
  /** Later versions only, and only of what is loaded. */
  loaded_context_length?: number
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
    const list = (await getJson(engineRoot(connection.baseUrl) + path, connection))[field]
    return Array.isArray(list) ? list.filter(isObject) : undefined
  } catch (error) {
    if (error instanceof TurnoutError && ABSENT.has(error.code)) return undefined
    throw error
  }
}

/** What every loaded instance has room for: which of them answers is up to LM Studio. */
function loadedContext({ loaded_instances }: Model): number | undefined {
  const contexts = (loaded_instances ?? []).flatMap(({ config }) => config?.context_length ?? [])
  return contexts.length > 0 ? Math.min(...contexts) : undefined
}

const listed = (model: Model): ListedModel[] =>
  typeof model.key === 'string'
    ? [
        {
          id: model.key,
          name: model.display_name,
          contextTokens: loadedContext(model) ?? model.max_context_length,
          vision: model.capabilities?.vision,
          tools: model.capabilities?.trained_for_tool_use,
          embedding: model.type === 'embedding',
          loaded: model.loaded_instances ? model.loaded_instances.length > 0 : undefined,
        },
      ]
    : []

const listedByOlder = (model: OlderModel): ListedModel[] =>
  typeof model.id === 'string'
    ? [
        {
          id: model.id,
          contextTokens: model.loaded_context_length ?? model.max_context_length,
          vision: model.type === 'vlm',
          tools: model.capabilities?.includes('tool_use'),
          embedding: model.type === 'embeddings',
          loaded: model.state === undefined ? undefined : model.state === 'loaded',
        },
      ]
    : []

/**
 * LM Studio's own list, which knows context length, vision, tools, and what is
 * loaded: v1 since 0.4, v0 since 0.3.6. Servers before that have only OpenAI's
 * list.
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

/** LM Studio: OpenAI's dialect for text, and a list of its own. It draws nothing. */
export const lmstudio: ProviderAdapter = {
  id: 'lmstudio',
  text: openAICompatible.text,
  openai: createOpenAIDoor({ operations: TEXT_ALONE }),
  listModels,
}
