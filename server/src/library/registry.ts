import type { ModelPatch } from '@turnout/contract'
import { within } from '../lib/within.ts'
import { ADAPTERS } from '../providers/index.ts'
import { assemble } from '../registry/assemble.ts'
import { PRESETS } from '../registry/catalog/providers.ts'
import { Discovery, type ListModels } from '../registry/discovery.ts'
import { type EnvironmentSource, readEnvironment } from '../registry/environment.ts'
import { checkRouting } from '../registry/routing/check.ts'
import { type EnvironmentRouting, readRouting } from '../registry/routing/environment.ts'
import type { Snapshot } from '../registry/types.ts'
import { invalidConfiguration, type Sources } from './configuration.ts'

/** How long it is waited for engines on the user's own machine when a Turnout is made. */
const FIRST_SCAN_MS = 1_000
/** So many records of models that calls have named are kept. */
const MOST_ADDED = 100

const ADAPTER_IDS: ReadonlySet<string> = new Set(ADAPTERS.keys())

/**
 * The registry of a program that has no server: its sources do not change, so
 * nothing is watched. Only a new day, which may retire a model, an engine that
 * was found, or a model that a call names make a new snapshot.
 */
export class LibraryRegistry {
  readonly #sources: Sources
  readonly #environment: EnvironmentSource
  readonly #routing: EnvironmentRouting
  readonly #discovery: Discovery | undefined
  readonly #added = new Map<string, ModelPatch>()
  #snapshot!: Snapshot
  #day = ''
  #candidates: Parameters<ListModels>[0][] = []

  /** @throws TurnoutError invalid_input where pools and roles of the file do not hold together */
  constructor(sources: Sources, list?: ListModels) {
    this.#sources = sources
    this.#environment = readEnvironment(sources.env)
    this.#routing = readRouting(sources.env)
    if (list) this.#discovery = new Discovery(list, () => this.#candidates)
    this.#build()
    this.#checkFile()
  }

  get snapshot(): Snapshot {
    if (today() !== this.#day) this.#build()
    return this.#snapshot
  }

  /** Looks for engines, now and from time to time. Resolves when those that answer at once are known. */
  async discover(): Promise<void> {
    if (!this.#discovery) return
    const build = () => this.#build()
    const scan = this.#discovery.scan().then((changed) => changed && build())
    // Engines that take longer are listed when they answer.
    await within(FIRST_SCAN_MS, scan).catch(() => {})
    this.#discovery.start(build)
  }

  /** Lays a record over those of the sources: a call has named the model. */
  add(record: ModelPatch): void {
    const [oldest] = this.#added.keys()
    if (this.#added.size >= MOST_ADDED && oldest !== undefined) this.#added.delete(oldest)
    this.#added.set(record.id, record)
    this.#build()
  }

  /** What calls have said of a model. */
  added(id: string): ModelPatch | undefined {
    return this.#added.get(id)
  }

  close(): void {
    this.#discovery?.close()
  }

  #build(): void {
    this.#day = today()
    const { catalog, file, readSecret } = this.#sources
    const { snapshot, candidates } = assemble({
      version: (this.#snapshot?.version ?? 0) + 1,
      catalog,
      presets: PRESETS,
      discovered: { models: this.#discovery?.models ?? [], providers: this.#discovery?.found ?? new Set() },
      environment: this.#environment,
      routing: this.#routing,
      databaseRouting: undefined,
      file,
      database: [...this.#added.values()],
      problems: [],
      adapters: ADAPTER_IDS,
      emulated: undefined,
      readSecret,
      today: this.#day,
    })
    this.#snapshot = snapshot
    this.#candidates = candidates
  }

  /** Pools and roles of a file that lead nowhere are refused; those of the environment are problems that are told. */
  #checkFile(): void {
    const { pools, roles, localProviders } = this.#snapshot
    const find = (name: string) => this.#snapshot.find(name)
    const names = {
      knows: (name: string) => find(name) !== undefined,
      capabilities: (name: string) => find(name)?.capabilities,
    }
    const problems = checkRouting({ pools, roles }, names, localProviders).filter(({ layer }) => layer === 'file')
    if (problems.length > 0) throw invalidConfiguration(problems)
  }
}

/** The day in UTC, as `2026-12-31`. */
const today = (): string => new Date().toISOString().slice(0, 10)
