import type { Connection, ListedModel } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { isObject } from '../../lib/objects.ts'
import { engineRoot } from '../shared/openai-door.ts'
import { getJson } from '../shared/openai-models.ts'
import { type Asked, DetailsBook } from './details.ts'

/** Of `GET /api/tags`. */
interface Tag {
  name: string
  digest?: string
  /** Where the weights are, if not here. */
  remote_host?: string
  /** Later versions only. */
  capabilities?: string[]
  details?: { families?: string[] | null; context_length?: number }
}

/** Of `GET /api/ps`. */
interface Running {
  name: string
  context_length?: number
}

const book = new DetailsBook()

const named = <T extends { name: string }>(models: unknown): T[] =>
  Array.isArray(models) ? models.filter((model): model is T => isObject(model) && typeof model.name === 'string') : []

/** What is in memory, by name; undefined where the engine does not say, which is no reason to have no list. */
async function runningModels(url: string, connection: Connection): Promise<Map<string, Running> | undefined> {
  try {
    const { models } = await getJson(url, connection)
    return Array.isArray(models) ? new Map(named<Running>(models).map((model) => [model.name, model])) : undefined
  } catch (error) {
    if (error instanceof TurnoutError) return undefined
    throw error
  }
}

/** The tag of models that Ollama's cloud serves: `cloud`, or a size and `-cloud`. */
const CLOUD_TAG = /:(?:[^/:]+-)?cloud$/i
const CLOUD_HOST = /^(?:[\w-]+\.)*ollama\.com$/i

const isRemote = ({ name, remote_host }: Tag, host: string): boolean =>
  Boolean(remote_host) || CLOUD_TAG.test(name) || CLOUD_HOST.test(host)

const lacking = ({ name, digest, capabilities }: Tag): Asked[] =>
  capabilities === undefined && digest ? [{ name, digest }] : []

/**
 * Ollama's own list, completed by what is in memory and, for versions whose
 * list does not tell what models can do, by their details.
 * Source: Ollama's API reference, `GET /api/tags` and `GET /api/ps`, and its
 * types in `api/types.go`, read November 2026.
 */
export async function listModels(connection: Connection): Promise<ListedModel[]> {
  const { hostname } = new URL(connection.baseUrl)
  const root = engineRoot(connection.baseUrl)
  const [{ models }, running] = await Promise.all([
    getJson(`${root}/api/tags`, connection),
    runningModels(`${root}/api/ps`, connection),
  ])
  const tags = named<Tag>(models)
  await book.learn(tags.flatMap(lacking), connection)
  return tags.map((tag): ListedModel => {
    const { name, digest = '', details } = tag
    const shown = book.of({ name, digest })
    const capabilities = tag.capabilities ?? shown.capabilities
    const remote = isRemote(tag, hostname)
    return {
      id: name,
      contextTokens: running?.get(name)?.context_length ?? details?.context_length ?? shown.contextTokens,
      vision: capabilities?.includes('vision'),
      tools: capabilities?.includes('tools'),
      embedding: capabilities
        ? capabilities.includes('embedding')
        : (details?.families ?? []).some((family) => family.includes('bert')),
      image: capabilities?.includes('image'),
      loaded: remote ? undefined : running?.has(name),
      remote,
    }
  })
}
