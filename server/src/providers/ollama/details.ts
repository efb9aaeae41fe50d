import type { Connection } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { isObject } from '../../lib/objects.ts'
import { exchange, json, readObject } from '../shared/exchange.ts'
import { engineRoot, openAIHeaders } from '../shared/openai-door.ts'
import { openAIError } from '../shared/openai-errors.ts'

/** What `POST /api/show` knows of a model, and lists of older versions do not. */
export interface Details {
  capabilities?: readonly string[]
  contextTokens?: number
}

/** A model, and which one it is at the moment: its digest changes with its content. */
export interface Asked {
  name: string
  digest: string
}

/** Lists are asked for again and again: each of them learns of so many more models, at once. */
const AT_ONCE = 16
const MOST_KNOWN = 1000

function read({ capabilities, model_info: info }: Readonly<Record<string, unknown>>): Details {
  const context = isObject(info) ? info[`${String(info['general.architecture'])}.context_length`] : undefined
  return {
    ...(Array.isArray(capabilities) && { capabilities: capabilities.map(String) }),
    ...(typeof context === 'number' && { contextTokens: context }),
  }
}

/**
 * The details of models, each asked for once as long as its content stays the
 * same. Source: Ollama's API reference, `POST /api/show`, read November 2026.
 */
export class DetailsBook {
  readonly #known = new Map<string, Details>()

  /** What is known of a model; nothing where nobody could be asked. */
  of({ name, digest }: Asked): Details {
    return this.#known.get(`${name} ${digest}`) ?? {}
  }

  /** Asks after those of which nothing is known yet, a bounded number of them. */
  async learn(models: readonly Asked[], connection: Connection): Promise<void> {
    const unknown = models.filter(({ name, digest }) => !this.#known.has(`${name} ${digest}`))
    await Promise.all(unknown.slice(0, AT_ONCE).map((model) => this.#ask(model, connection)))
  }

  /** A list without details is better than none, so a failure only leaves the model unknown. */
  async #ask({ name, digest }: Asked, connection: Connection): Promise<void> {
    const url = `${engineRoot(connection.baseUrl)}/api/show`
    try {
      const request = json({ model: name }, openAIHeaders(connection))
      const response = await exchange(url, request, connection, openAIError)
      this.#known.set(`${name} ${digest}`, read(await readObject(response, connection.provider)))
    } catch (error) {
      if (!(error instanceof TurnoutError)) throw error
    }
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST_KNOWN) break
      this.#known.delete(oldest)
    }
  }
}
