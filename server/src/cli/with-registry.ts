import { existsSync } from 'node:fs'
import { type Database, openDatabase } from '../db/database.ts'
import { needsEmulator, unstartedEmulations } from '../emulation.ts'
import { OriginPools } from '../lib/http/pools.ts'
import type { OptionName, ServerOptions } from '../options.ts'
import { createRegistry } from '../registry/index.ts'
import type { Registry } from '../registry/types.ts'
import { loadEngine } from './engine.ts'
import { commandLog } from './log.ts'

/** The options that say what models there are. */
export const MODEL_OPTIONS: readonly OptionName[] = ['dataDir', 'databaseUrl', 'configFile', 'emulate', 'logLevel']

/**
 * Lends the registry as a server with these options has it. A data directory
 * that does not exist yet has no records, and is not made for a look at them.
 */
export async function withRegistry<T>(options: ServerOptions, use: (registry: Registry) => Promise<T>): Promise<T> {
  const log = commandLog(options)
  const stored = options.databaseUrl !== undefined || existsSync(options.dataDir)
  const database = stored ? await openDatabase({ dataDir: options.dataDir, url: options.databaseUrl, log }) : undefined
  try {
    return await borrow(options, database, use)
  } finally {
    await database?.close()
  }
}

/** The same with a database that is open already, or with none. */
export async function borrow<T>(
  options: ServerOptions,
  database: Database | undefined,
  use: (registry: Registry) => Promise<T>,
): Promise<T> {
  const { ADAPTERS, listLocalModels } = await loadEngine()
  const pools = new OriginPools()
  try {
    const registry = await createRegistry({
      env: options.env,
      configFile: options.configFile,
      database,
      adapters: new Set(ADAPTERS.keys()),
      list: listLocalModels(pools),
      emulated: needsEmulator(options) ? unstartedEmulations() : undefined,
      log: commandLog(options),
    })
    try {
      return await use(registry)
    } finally {
      await registry.close()
    }
  } finally {
    await pools.destroy()
  }
}
