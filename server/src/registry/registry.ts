import { dirname } from 'node:path'
import { type Model, ModelPatch } from '@turnout/contract'
import type { ProviderConnection } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { schemaProblem } from '../core/image/inputs.ts'
import { check } from '../core/input.ts'
import { within } from '../lib/within.ts'
import { addressProblem } from './address.ts'
import { assemble, fileRouting } from './assemble.ts'
import { CATALOG } from './catalog/index.ts'
import { PRESETS } from './catalog/providers.ts'
import { createSecretReader } from './credentials.ts'
import { DatabaseSource } from './database.ts'
import { Discovery } from './discovery.ts'
import { readEnvironment } from './environment.ts'
import { emptyFile, type KnownNames, type ParsedFile } from './file/parse.ts'
import { FileSource } from './file/source.ts'
import { GENERIC_PROVIDER } from './generic.ts'
import type { RegistryOptions } from './options.ts'
import { createRoutingAdmin, type RoutingAdmin } from './routing/admin.ts'
import { checkRouting } from './routing/check.ts'
import { RoutingSource } from './routing/database.ts'
import { type EnvironmentRouting, readRouting } from './routing/environment.ts'
import { mergeRouting } from './routing/types.ts'
import type { Problem, Registry, Snapshot } from './types.ts'

/** How long a start waits for engines on the user's own machines. */
const FIRST_SCAN_MS = 1_000
/** How often it is looked whether a new day has retired a model. */
const DAY_CHECK_MS = 60_000

/** The registry over its sources. One snapshot is replaced by the next; none is ever changed. */
export class LiveRegistry implements Registry {
  readonly routing: RoutingAdmin
  readonly #options: RegistryOptions
  readonly #known: KnownNames
  readonly #environment: ReturnType<typeof readEnvironment>
  readonly #routing: EnvironmentRouting
  readonly #file: FileSource | undefined
  readonly #database: DatabaseSource | undefined
  readonly #routes: RoutingSource | undefined
  readonly #discovery: Discovery | undefined
  readonly #readSecret: ReturnType<typeof createSecretReader>
  readonly #listeners = new Set<(snapshot: Snapshot) => void>()
  readonly #warned = new Set<string>()
  #snapshot!: Snapshot
  #candidates: readonly ProviderConnection[] = []
  #today = ''
  #closed = false
  #dayTimer: NodeJS.Timeout | undefined

  constructor(options: RegistryOptions) {
    const { env, configFile, database, list, presets = PRESETS, adapters, log } = options
    this.#options = options
    this.#known = {
      providers: new Set(presets.map(({ id }) => id)),
      adapters: new Set([...adapters, ...presets.map(({ adapter }) => adapter), GENERIC_PROVIDER]),
    }
    this.#environment = readEnvironment(env)
    this.#routing = readRouting(env)
    this.#readSecret = createSecretReader(env, configFile === undefined ? '.' : dirname(configFile))
    if (configFile !== undefined) this.#file = new FileSource(configFile, this.#known, (file) => this.#review(file))
    if (database) this.#database = new DatabaseSource(database, log)
    if (database) this.#routes = new RoutingSource(database, log)
    this.routing = createRoutingAdmin({
      snapshot: () => this.#snapshot,
      layers: () => [this.#routing.layer, ...fileRouting(this.#file?.file ?? emptyFile())],
      source: this.#routes,
      rebuild: () => this.#rebuild(),
    })
    if (list) this.#discovery = new Discovery(list, () => this.#candidates)
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  /** @throws TurnoutError invalid_input where the file is not valid: there is nothing yet that could be kept */
  async start(): Promise<void> {
    await Promise.all([this.#database?.refresh(), this.#routes?.refresh()])
    await this.#file?.load()
    const problems = this.#file?.problems ?? []
    if (problems.length > 0) throw invalidFile(problems)
    this.#rebuild()
    if (this.#discovery) {
      // Engines that take longer are listed when they answer.
      await within(FIRST_SCAN_MS, this.#rescan()).catch(() => {})
    }
    const rebuild = () => this.#rebuild()
    this.#file?.watch(() => this.#fileChanged())
    this.#database?.follow(rebuild)
    this.#routes?.follow(rebuild)
    this.#discovery?.start(rebuild)
    this.#dayTimer = setInterval(() => {
      if (this.#day() !== this.#today) this.#rebuild()
    }, DAY_CHECK_MS).unref()
  }

  async reload(): Promise<void> {
    await Promise.all([this.#file?.load(), this.#database?.refresh(), this.#routes?.refresh()])
    this.#reportFile()
    this.#rebuild()
    await this.#rescan()
  }

  onChange(listener: (snapshot: Snapshot) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async createModel(input: ModelPatch): Promise<Model> {
    const database = this.#needDatabase()
    const record = this.#checked(input)
    if (!(await database.create(record))) {
      throw new TurnoutError('invalid_input', `The database has a record of model ${record.id} already; update that.`, {
        status: 409,
        param: 'id',
      })
    }
    return this.#stored(record.id)
  }

  async updateModel(id: string, input: Omit<ModelPatch, 'id'>): Promise<Model> {
    const database = this.#needDatabase()
    if (!this.#holds(id)) throw this.#unknown(id)
    await database.put(this.#checked({ ...input, id }))
    return this.#stored(id)
  }

  async deleteModel(id: string): Promise<Model | undefined> {
    const database = this.#needDatabase()
    if (!(await database.delete(id))) throw this.#notInDatabase(id)
    this.#rebuild()
    return this.#snapshot.models.find((model) => model.id === id)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#dayTimer)
    this.#discovery?.close()
    await Promise.all([this.#file?.close(), this.#database?.close(), this.#routes?.close()])
  }

  #rebuild(): void {
    if (this.#closed) return
    this.#today = this.#day()
    const { snapshot, candidates } = this.#assemble(this.#file?.file ?? emptyFile())
    this.#snapshot = snapshot
    this.#candidates = candidates
    this.#warn(snapshot.problems)
    for (const listener of this.#listeners) {
      try {
        listener(snapshot)
      } catch (error) {
        this.#options.log.error({ err: error }, 'registry: somebody who follows its changes failed')
      }
    }
  }

  /** The registry as it is with a file. */
  #assemble(file: ParsedFile) {
    const { catalog = CATALOG, presets = PRESETS, adapters, emulated } = this.#options
    return assemble({
      version: (this.#snapshot?.version ?? 0) + 1,
      catalog,
      presets,
      discovered: { models: this.#discovery?.models ?? [], providers: this.#discovery?.found ?? new Set() },
      environment: this.#environment,
      routing: this.#routing,
      databaseRouting: this.#routes?.layer,
      file,
      database: this.#database?.records ?? [],
      problems: [
        ...(this.#file?.problems ?? []),
        ...(this.#database?.problems ?? []),
        ...(this.#routes?.problems ?? []),
      ],
      adapters,
      emulated,
      readSecret: this.#readSecret,
      today: this.#day(),
    })
  }

  /** What is wrong with the pools and roles of a file, together with those of the environment and all models that there are with it. */
  #review(file: ParsedFile): Problem[] {
    const { find, localProviders } = this.#assemble(file).snapshot
    const names = {
      knows: (name: string) => find(name) !== undefined,
      capabilities: (name: string) => find(name)?.capabilities,
    }
    const records = mergeRouting([this.#routing.layer, ...fileRouting(file)])
    return checkRouting(records, names, localProviders).filter(({ layer }) => layer === 'file')
  }

  #fileChanged(): void {
    this.#reportFile()
    this.#rebuild()
    // It may name other engines.
    void this.#rescan()
  }

  #reportFile(): void {
    if (!this.#file) return
    const { problems } = this.#file
    const { log } = this.#options
    if (problems.length > 0) log.error({ problems }, 'turnout.yaml is not valid; the configuration in use stays')
    else log.info({}, 'turnout.yaml was read')
  }

  /** Never rejects. */
  async #rescan(): Promise<void> {
    if (await this.#discovery?.scan()) this.#rebuild()
  }

  /** Each problem is told once, until it is gone. */
  #warn(problems: readonly Problem[]): void {
    const current = new Set<string>()
    for (const { layer, where, message } of problems) {
      const text = `${where}: ${message}`
      current.add(text)
      if (!this.#warned.has(text)) this.#options.log.warn({ layer }, text)
    }
    this.#warned.clear()
    for (const text of current) this.#warned.add(text)
  }

  #day(): string {
    return new Date((this.#options.now ?? Date.now)()).toISOString().slice(0, 10)
  }

  #needDatabase(): DatabaseSource {
    if (this.#database) return this.#database
    throw new TurnoutError('overloaded', 'Models can only be changed where there is a database.', { retryable: false })
  }

  /** @throws TurnoutError invalid_input */
  #checked(input: ModelPatch): ModelPatch {
    const record = check(ModelPatch, input)
    const allowed = [
      ...this.#known.providers,
      GENERIC_PROVIDER,
      ...Object.keys(this.#file?.file.configuration.providers ?? {}),
    ]
    if (record.provider !== undefined && !allowed.includes(record.provider)) {
      throw new TurnoutError('invalid_input', `provider must be one of ${[...new Set(allowed)].join(', ')}.`, {
        param: 'provider',
      })
    }
    const wrong = record.baseUrl === undefined ? undefined : addressProblem(record.baseUrl)
    if (wrong !== undefined) throw new TurnoutError('invalid_input', `baseUrl ${wrong}.`, { param: 'baseUrl' })
    const problem = record.inputs && schemaProblem(record.inputs)
    if (problem !== undefined) {
      throw new TurnoutError('invalid_input', `inputs must be a JSON Schema: ${problem}.`, { param: 'inputs' })
    }
    return record
  }

  /** What was just written, as it now stands. */
  #stored(id: string): Model {
    this.#rebuild()
    const model = this.#snapshot.models.find((candidate) => candidate.id === id)
    if (model?.provenance.layer === 'database') return model
    if (this.#database?.answers) {
      throw new TurnoutError('not_found', `Model ${id} was stored, and deleted again by another request.`, {
        param: 'id',
      })
    }
    throw new TurnoutError(
      'overloaded',
      `Model ${id} was stored, but the database stopped answering before it could be read.`,
    )
  }

  #holds(id: string): boolean {
    return this.#snapshot.models.some((model) => model.id === id)
  }

  #unknown(id: string): TurnoutError {
    const model = this.#snapshot.find(id)
    const hint = model ? ` ${JSON.stringify(id)} also stands for ${model.id}; name that.` : ''
    return new TurnoutError('not_found', `No model has this id; create it first.${hint}`, { param: 'id' })
  }

  #notInDatabase(id: string): TurnoutError {
    const model = this.#snapshot.models.find((candidate) => candidate.id === id)
    if (!model) return this.#unknown(id)
    return new TurnoutError(
      'not_found',
      `The database has no record of model ${id}: it comes from the layer "${model.provenance.layer}". Set its enabled to false to switch it off.`,
      { param: 'id' },
    )
  }
}

function invalidFile(problems: readonly Problem[]): TurnoutError {
  const lines = problems.map(({ where, message }) => `  ${where}: ${message}`)
  return new TurnoutError('invalid_input', `The configuration is not valid:\n${lines.join('\n')}`, {
    details: problems,
  })
}
