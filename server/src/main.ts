import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { EnhancePrompt } from '@turnout/contract'
import { type Logger, pino } from 'pino'
import { createAuthority, type LimitAuthority } from './access/authority.ts'
import { createKeys, ensureAdminKey } from './access/keys.ts'
import { createLimiter } from './access/limits.ts'
import { createArtifacts } from './artifacts/index.ts'
import { serveAsWorker, startWorkers } from './cluster.ts'
import { createControlPlane } from './controlplane/app.ts'
import { TurnoutError } from './core/error.ts'
import { createHttpServer } from './dataplane/server.ts'
import { ensureDataDir } from './db/data-dir.ts'
import { type Database, openDatabase } from './db/database.ts'
import { DatabasePulse } from './db/pulse.ts'
import { sharedSecret } from './db/settings.ts'
import { emulations, launchEmulator, needsEmulator } from './emulation.ts'
import { AnswerCache } from './gateway/cache/cache.ts'
import { CachedGeneration } from './gateway/cache/native.ts'
import { MemoryAnswers } from './gateway/cache/store.ts'
import { Comparisons } from './gateway/comparisons.ts'
import { enhancePrompt } from './gateway/enhance.ts'
import { createGeneration } from './gateway/generation.ts'
import { HealthMonitor } from './gateway/health.ts'
import { resolveInput } from './gateway/inputs/resolve.ts'
import { inlinePicture } from './gateway/inputs.ts'
import { engineModels } from './gateway/inquiry.ts'
import { CallbackLinks } from './gateway/jobs/callback-links.ts'
import { startJobs } from './gateway/jobs/index.ts'
import { ownerOf } from './gateway/jobs/whose.ts'
import { importModel } from './gateway/model-import.ts'
import { testModel } from './gateway/model-test.ts'
import { listProviders } from './gateway/providers.ts'
import { createExperiments } from './gateway/routing/experiments.ts'
import { explainRoute } from './gateway/routing/explain.ts'
import { DeploymentHealth, observers } from './gateway/routing/health.ts'
import { createDeployments } from './gateway/routing/report.ts'
import { Router } from './gateway/routing/router.ts'
import { HealthSharing } from './gateway/routing/sharing.ts'
import { drawOver } from './gateway/templates/draw.ts'
import { createTemplates } from './gateway/templates/index.ts'
import { createTemplateMaker } from './gateway/templates/maker.ts'
import { layerPictures } from './gateway/templates/pictures.ts'
import type { Caller, Generation } from './gateway/types.ts'
import { Wires } from './gateway/wire.ts'
import { createBacklog } from './jobs/backlog.ts'
import { startMachinery } from './jobs/index.ts'
import { createWebhooks } from './jobs/webhooks/index.ts'
import { createOutcomes } from './ledger/experiments.ts'
import { createFeedback } from './ledger/feedback.ts'
import { createLedger } from './ledger/index.ts'
import { BufferedWriter } from './lib/buffered-writer.ts'
import { Cleanups } from './lib/cleanups.ts'
import { OriginPools } from './lib/http/pools.ts'
import { SafeFetcher } from './lib/http/safe-fetch.ts'
import { newId } from './lib/ids.ts'
import { Watchdog } from './lib/watchdog.ts'
import { Metrics } from './metrics/index.ts'
import type { PrimaryChannel } from './metrics/peers.ts'
import type { ServerOptions } from './options.ts'
import { ADAPTERS } from './providers/index.ts'
import { DatabaseBoard } from './registry/deployment-board.ts'
import type { ListModels } from './registry/discovery.ts'
import { createRegistry } from './registry/index.ts'
import { createTemplateStore } from './registry/templates/store.ts'
import { createObjectReader, createStorage } from './storage/index.ts'

export { ADAPTERS, createStorage }

export interface RunningServer {
  url: string
  /** The admin key that the first start made; undefined at every later one. */
  adminKey: string | undefined
  emulated: boolean
  /** Finishes what is running within the grace period, then stops. */
  close(): Promise<void>
}

/** What the processes of one cluster share; a single process makes its own. */
export interface Shared {
  authority: LimitAuthority
  /** Where the emulator stands in for which providers, when it does. */
  emulated: Readonly<Record<string, string>> | undefined
  /** Of a worker: where the primary is. */
  primary?: PrimaryChannel
}

export const VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version

/** How long everything but the database may take to come to rest; the database has its own limit. */
const CLEAN_UP_MS = 2_500

export function createLogger(options: Pick<ServerOptions, 'logLevel'>): Logger {
  return pino({ level: options.logLevel, base: undefined })
}

/** Starts a server: in this process, or as many workers as the options say. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  if (cluster.isWorker) return serveAsWorker(options)
  if (options.workers > 1) return startWorkers(options)
  const emulator = needsEmulator(options) ? await launchEmulator() : undefined
  try {
    const running = await serve(options, { authority: createAuthority(), emulated: emulator?.roots })
    return {
      ...running,
      async close() {
        await running.close()
        await emulator?.close()
      },
    }
  } catch (error) {
    await emulator?.close()
    throw error
  }
}

/** The server itself, in a process of its own or as one worker of many. */
export async function serve(options: ServerOptions, shared: Shared): Promise<RunningServer> {
  const log = createLogger(options)
  ensureDataDir(options.dataDir)
  const database = await openDatabase({ dataDir: options.dataDir, url: options.databaseUrl, log })
  const cleanups = new Cleanups()
  const cleanUp = async () => {
    const { unfinished, failed } = await cleanups.run(CLEAN_UP_MS)
    if (unfinished.length > 0) log.warn({ unfinished }, 'some parts did not come to rest in time')
    for (const { name, error } of failed) log.error({ part: name, err: error }, 'a part could not be stopped')
    await database.close()
  }
  try {
    return await assemble(options, shared, log, database, cleanups, cleanUp)
  } catch (error) {
    await cleanUp()
    throw error
  }
}

async function assemble(
  options: ServerOptions,
  { authority, emulated: roots, primary }: Shared,
  log: Logger,
  database: Database,
  cleanups: Cleanups,
  cleanUp: () => Promise<void>,
): Promise<RunningServer> {
  const emulated = roots !== undefined
  const pools = new OriginPools()
  cleanups.add('connections to providers', () => pools.destroy())
  const registry = await createRegistry({
    env: options.env,
    configFile: options.configFile,
    database,
    adapters: new Set(ADAPTERS.keys()),
    list: listLocalModels(pools),
    emulated: roots && emulations(roots),
    log,
  })
  cleanups.add('registry', () => registry.close())
  const keys = await createKeys({ database, adminKey: options.adminKey, log })
  cleanups.add('virtual keys', () => keys.close())
  const ledger = await createLedger({ database, dir: join(options.dataDir, 'spool'), log })
  cleanups.add('ledger', () => ledger.stop())
  const artifacts = await createArtifacts(database, createStorage(options), options, log)
  cleanups.add('artifacts', () => artifacts.stop())
  const pulse = new DatabasePulse(database)
  cleanups.add('pulse of the database', () => pulse.stop())
  const ready = () =>
    pulse.answers
      ? { ready: true }
      : { ready: false, reason: 'The database does not answer; keys that are known still work.' }
  const health = new HealthMonitor({ registry, adapters: ADAPTERS, pools, emulated, ready })
  const router = new Router(new DeploymentHealth(), Math.random, log)
  const sharing = new HealthSharing(router.health, new DatabaseBoard(database, log), log)
  await sharing.start()
  cleanups.add('deployments', () => sharing.close())
  const metrics = new Metrics()
  const observer = observers(health, router.health, metrics.attempts)
  registry.onChange(({ models }) => router.health.retain(new Set(models.map(({ id }) => id))))
  const limiter = createLimiter({ authority })
  const accessLog = log.isLevelEnabled('info') ? new BufferedWriter(process.stdout) : undefined
  cleanups.add('access log', () => accessLog?.flush())

  const fetcher = new SafeFetcher({ allowed: options.allowedPrivatePlaces })
  const objects = createObjectReader(options)
  cleanups.add('input buckets', () => objects?.close())
  const inputs = { fetcher, objects, artifacts: artifacts.store, publicUrl: options.publicUrl }
  const services = {
    ...inputs,
    adapters: ADAPTERS,
    pools,
    ledger,
    observer,
    router,
    inlinePicture: (url: string, signal: AbortSignal) => inlinePicture(url, { fetcher }, signal, 'messages'),
    waited: () => (options.durableImages ? { jobs: media.jobs, kept: artifacts.store, log } : undefined),
  }
  const webhooks = await createWebhooks({ database, fetcher, log })
  cleanups.add('webhooks', () => webhooks.close())
  let ownUrl = options.publicUrl ?? ''
  const cache = new AnswerCache(new MemoryAnswers(options.cacheMegabytes * 1024 ** 2))
  const uncounted = new CachedGeneration(createGeneration(services, registry), registry, cache)
  const generation: Generation = {
    text: (input, caller) => uncounted.text(input, caller),
    textEvents: (input, caller) => metrics.requests.counted(uncounted.textEvents(input, caller)),
    image: (input, caller) => uncounted.image(input, caller),
  }
  const deployments = createDeployments(registry, router.health, sharing)
  metrics.watch({ cache, deployments: () => deployments.list(), backlog: createBacklog(database), primary })
  const enhance = (asked: EnhancePrompt, caller: Caller) => enhancePrompt(generation, registry, asked, caller)
  const media = await startJobs({
    enhance,
    start: (hands) => startMachinery({ ...hands, database, retentionDays: options.jobRetentionDays, log }),
    registry,
    router,
    adapters: ADAPTERS,
    pools,
    observer,
    fetcher,
    keeper: artifacts.store,
    outputBytes: { image: options.maxPictureBytes, video: options.maxVideoBytes },
    webhooks,
    limits: { perProvider: options.jobsPerProvider, perModel: options.jobsPerModel, perKey: options.jobsPerKey },
    resolve: ({ value, path, kind }, job, links, signal) =>
      resolveInput(value, { kind, links, owner: ownerOf(job), param: path, signal }, inputs),
    draw: drawOver(artifacts.store, inputs),
    callbackLinks: new CallbackLinks(await sharedSecret(database, 'callbacks'), options.publicUrl),
    log,
    baseUrl: () => ownUrl,
  })
  cleanups.add('jobs', () => media.machinery.stop(0))
  const control = await createControlPlane({
    registry,
    keys,
    limiter,
    ledger,
    generation,
    health,
    providers: () => listProviders({ registry, adapters: ADAPTERS, health }),
    testModel: (name, input, caller) => testModel(services, registry, name, input, caller),
    importModel: (asked, dryRun) => importModel(asked, dryRun, { registry, fetcher }),
    deployments,
    explainRoute: (asked, caller) => explainRoute(registry, router, asked, caller),
    experiments: createExperiments(registry, createOutcomes(database, ledger)),
    feedback: createFeedback(database, ledger),
    jobs: media.jobs,
    callbacks: media.callbacks,
    comparisons: new Comparisons({ records: media.machinery.comparisons, registry, jobs: media.jobs, enhance }),
    enhance,
    templates: createTemplates({
      store: createTemplateStore(database),
      maker: createTemplateMaker(media.jobs),
      pictures: { readAs: (owner) => layerPictures(owner, inputs) },
    }),
    webhooks,
    metrics: {
      contentType: metrics.contentType,
      page: () => metrics.page(),
      isPublic: options.metricsPublic,
      requestEnded: (method, route, status, ms) => metrics.requests.requestEnded(method, route, status, ms),
    },
    artifacts: artifacts.store,
    publicUrl: options.publicUrl,
    log,
    production: options.production,
    version: VERSION,
    emulated,
    newRequestId: () => newId('req'),
    bodyLimit: options.bodyLimitBytes,
  })
  cleanups.add('control plane', () => control.close())
  const server = createHttpServer(
    {
      registry,
      keys,
      limiter,
      relay: { wires: new Wires(ADAPTERS, pools), watchdog: new Watchdog(), ledger, observer },
      router,
      cache,
      requests: metrics.requests,
      text: services,
      images: services,
      artifacts: artifacts.temporary,
      jobs: media.jobs,
      durableImages: options.durableImages,
      kept: artifacts.store,
      emulated,
      publicUrl: options.publicUrl,
      accessLog,
      log,
      limits: {
        bodyBytes: options.bodyLimitBytes,
        imageBodyBytes: options.imageBodyLimitBytes,
        jsonDepth: options.jsonDepth,
      },
    },
    (request, response) => control.routing(request, response),
  )
  await listen(server.http, options)
  const address = server.http.address() as AddressInfo
  const url = `http://${hostInUrl(options.host)}:${address.port}`
  ownUrl ||= url
  // It is told this once: a start that fails, because the port is taken, must not have made it.
  const adminKey = await ensureAdminKey(keys, database).catch(async (error: unknown) => {
    await server.drain(0)
    throw error
  })
  void health.probe()

  let closing: Promise<void> | undefined
  return {
    url,
    adminKey,
    emulated,
    close() {
      closing ??= (async () => {
        health.stopping()
        // A call that is cut off leaves its outcome unknown, and may be paid for: it gets the same grace as requests.
        const until = performance.now() + options.shutdownGraceMs
        const { machinery } = media
        // Requests wait for work that has been accepted.
        machinery.rest()
        await server.drain(options.shutdownGraceMs)
        await machinery.stop(Math.max(0, until - performance.now()))
        await cleanUp()
      })()
      return closing
    },
  }
}

/** What discovery asks local engines with. */
export const listLocalModels = (pools: OriginPools): ListModels => engineModels(ADAPTERS, pools)

/** Unspecified addresses are for listening; to be called, a server needs a name. */
const hostInUrl = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host

function listen(server: Server, { port, host }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason =
        error.code === 'EADDRINUSE'
          ? `port ${port} is taken; choose another with PORT or --port`
          : `${error.code ?? error.message}`
      reject(
        new TurnoutError('invalid_input', `Turnout cannot listen on ${host}:${port}: ${reason}.`, {
          param: 'PORT',
          cause: error,
        }),
      )
    })
    server.listen(port, host, resolve)
  })
}
