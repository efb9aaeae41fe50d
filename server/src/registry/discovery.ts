import { ModelPatch } from '@turnout/contract'
import type { ListedModel } from '../core/adapter.ts'
import type { ProviderConnection } from '../core/deployment.ts'
import { within } from '../lib/within.ts'

/** Asks an engine at a base URL for its models. Rejects where nobody answers. */
export type ListModels = (provider: ProviderConnection, baseUrl: string) => Promise<ListedModel[]>

const SCAN_MS = 30_000
/** An engine on a machine of one's own answers at once or is not there. */
const ANSWER_MS = 2_500
/** An engine that loads a model may be deaf for a moment; its models stay for that long. */
const MISSES_TO_BE_GONE = 2

interface Engine {
  models: ModelPatch[]
  misses: number
}

/** Looks for engines on the user's own machines, and what they serve. Absent ones are no problem and cost nothing. */
export class Discovery {
  readonly #list: ListModels
  readonly #candidates: () => readonly ProviderConnection[]
  /** By id of the provider. */
  readonly #engines = new Map<string, Engine>()
  #timer: NodeJS.Timeout | undefined
  #scanning: Promise<boolean> | undefined
  #closed = false

  /** @param candidates Where engines may be; asked anew for every scan. */
  constructor(list: ListModels, candidates: () => readonly ProviderConnection[]) {
    this.#list = list
    this.#candidates = candidates
  }

  /** Ids of the providers that answered. */
  get found(): ReadonlySet<string> {
    return new Set(this.#engines.keys())
  }

  get models(): readonly ModelPatch[] {
    return [...this.#engines.values()].flatMap(({ models }) => models)
  }

  /** Scans from now on. `onChange` is called whenever engines or their models have changed. */
  start(onChange: () => void): void {
    this.#timer = setInterval(() => void this.#scanAndTell(onChange), SCAN_MS).unref()
  }

  /** Asks all candidates; the answer is whether anything changed. Never rejects. */
  scan(): Promise<boolean> {
    this.#scanning ??= this.#scan().finally(() => {
      this.#scanning = undefined
    })
    return this.#scanning
  }

  /** A scan that is under way ends unheard. */
  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
  }

  async #scanAndTell(onChange: () => void): Promise<void> {
    if ((await this.scan()) && !this.#closed) onChange()
  }

  async #scan(): Promise<boolean> {
    const before = JSON.stringify([...this.#engines].map(([id, { models }]) => [id, models]))
    const candidates = this.#candidates()
    const ids = new Set(candidates.map(({ id }) => id))
    for (const id of this.#engines.keys()) if (!ids.has(id)) this.#engines.delete(id)
    await Promise.all(candidates.map((candidate) => this.#ask(candidate)))
    return before !== JSON.stringify([...this.#engines].map(([id, { models }]) => [id, models]))
  }

  async #ask(provider: ProviderConnection): Promise<void> {
    try {
      const listed = await within(ANSWER_MS, this.#list(provider, provider.baseUrl))
      this.#engines.set(provider.id, { models: listed.flatMap((model) => record(provider.id, model)), misses: 0 })
    } catch {
      const engine = this.#engines.get(provider.id)
      if (engine && ++engine.misses >= MISSES_TO_BE_GONE) this.#engines.delete(provider.id)
    }
  }
}

/** What an engine says of a model, as a record; nothing where it makes no sense. */
function record(provider: string, listed: ListedModel): ModelPatch[] {
  const { id, name, contextTokens, vision, tools, embedding, image, loaded, remote } = listed
  const output = embedding ? 'embedding' : image ? 'image' : 'text'
  const parsed = ModelPatch.safeParse({
    id: `${provider}/${id}`,
    name: name ?? id,
    aliases: [id],
    provider,
    upstreamId: id,
    input: vision ? ['text', 'image'] : ['text'],
    output: [output],
    capabilities: {
      ...(output === 'text' && { streaming: true }),
      ...(vision !== undefined && { [image ? 'imageInput' : 'vision']: vision }),
      ...(tools !== undefined && { tools }),
    },
    ...(contextTokens !== undefined && { limits: { contextTokens } }),
    ...(loaded && { tags: ['loaded'] }),
    ...(remote && { settings: { remote } }),
  })
  return parsed.success ? [parsed.data] : []
}
