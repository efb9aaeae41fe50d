import cluster from 'node:cluster'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { createAuthority, type LimitAuthority } from './access/authority.ts'
import { createKeys, ensureAdminKey } from './access/keys.ts'
import { createLimiter } from './access/limits.ts'
import { serveAsWorker, startWorkers } from './cluster.ts'
import { createControlPlane } from './controlplane/app.ts'
import { TurnoutError } from './core/error.ts'
import { createHttpServer } from './dataplane/server.ts'
import { ensureDataDir } from './db/data-dir.ts'
import { type Database, openDatabase } from './db/database.ts'
import { sharedSecret } from './db/settings.ts'
import { emulations, launchEmulator, needsEmulator } from './emulation.ts'
import { Artifacts } from './gateway/artifacts.ts'
import { createGeneration } from './gateway/generation.ts'
import { HealthMonitor } from './gateway/health.ts'
import { inlinePicture } from './gateway/inputs.ts'
import { testModel } from './gateway/model-test.ts'
import { listProviders } from './gateway/providers.ts'
import { explainRoute } from './gateway/routing/explain.ts'
import { DeploymentHealth, observers } from './gateway/routing/health.ts'
import { createDeployments } from './gateway/routing/report.ts'
import { Router } from './gateway/routing/router.ts'
import { createTransport } from './gateway/transport.ts'
import { Wires } from './gateway/wire.ts'
import { createLedger } from './ledger/index.ts'
import { BufferedWriter } from './lib/buffered-writer.ts'
import { Cleanups } from './lib/cleanups.ts'
import { OriginPools } from './lib/http/pools.ts'
import { SafeFetcher } from './lib/http/safe-fetch.ts'
import { newId } from './lib/ids.ts'
import { Watchdog } from './lib/watchdog.ts'
import type { ServerOptions } from './options.ts'
import { ADAPTERS } from './providers/index.ts'
import type { ProviderPreset } from './registry/catalog/providers.ts'
import { createRegistry } from './registry/index.ts'
import { createFileStorage } from './storage/fs.ts'

export { ADAPTERS }

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
}

export const VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version

const DISCOVERY_TIMEOUT_MS = 2_000
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
  { authority, emulated: roots }: Shared,
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
  const artifacts = new Artifacts(
    createFileStorage(join(options.dataDir, 'artifacts')),
    await sharedSecret(database, 'artifact_links'),
  )
  cleanups.add('artifacts', () => artifacts.stop())
  const adminKey = options.adminKey === undefined ? await ensureAdminKey(keys, database) : undefined
  const health = new HealthMonitor({ registry, adapters: ADAPTERS, pools, emulated, ready: () => ({ ready: true }) })
  const router = new Router(new DeploymentHealth())
  const observer = observers(health, router.health)
  registry.onChange(({ models }) => router.health.retain(new Set(models.map(({ id }) => id))))
  const limiter = createLimiter({ authority })
  const accessLog = log.isLevelEnabled('info') ? new BufferedWriter(process.stdout) : undefined
  cleanups.add('access log', () => accessLog?.flush())

  const fetcher = new SafeFetcher({ allowed: options.allowedPrivatePlaces })
  const services = {
    adapters: ADAPTERS,
    pools,
    ledger,
    observer,
    router,
    fetcher,
    inlinePicture: (url: string, signal: AbortSignal) => inlinePicture(url, { fetcher }, signal, 'messages'),
  }
  const control = await createControlPlane({
    registry,
    keys,
    limiter,
    ledger,
    generation: createGeneration(services, registry),
    health,
    providers: () => listProviders({ registry, adapters: ADAPTERS, health }),
    testModel: (name, input, caller) => testModel(services, registry, name, input, caller),
    deployments: createDeployments(registry, router.health),
    explainRoute: (asked) => explainRoute(registry, router, asked),
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
      text: services,
      images: services,
      artifacts,
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
  void health.probe()

  const address = server.http.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    url: `http://${hostInUrl(options.host)}:${address.port}`,
    adminKey,
    emulated,
    close() {
      closing ??= (async () => {
        health.stopping()
        await server.drain(options.shutdownGraceMs)
        await cleanUp()
      })()
      return closing
    },
  }
}

/** What discovery asks local engines with. */
export const listLocalModels =
  (pools: OriginPools) => (preset: Pick<ProviderPreset, 'id' | 'adapter' | 'flags'>, baseUrl: string) => {
    const adapter = ADAPTERS.get(preset.adapter)
    if (!adapter?.listModels) return Promise.resolve([])
    return adapter.listModels({
      provider: preset.id,
      baseUrl,
      headers: {},
      flags: preset.flags,
      settings: {},
      signal: AbortSignal.timeout(DISCOVERY_TIMEOUT_MS),
      transport: createTransport(pools, preset.id, { connectMs: DISCOVERY_TIMEOUT_MS, maxConnections: 4 }),
    })
  }

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
