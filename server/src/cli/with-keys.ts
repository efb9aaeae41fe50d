import { createKeys } from '../access/keys.ts'
import type { Keys } from '../access/types.ts'
import { openDatabase } from '../db/database.ts'
import type { OptionName, ServerOptions } from '../options.ts'
import { commandLog } from './log.ts'

/** The options that say where the virtual keys are. */
export const KEY_OPTIONS: readonly OptionName[] = ['dataDir', 'databaseUrl', 'logLevel']

/** Lends the virtual keys of a database, which a running server may be using at the same time. */
export async function withKeys<T>(options: ServerOptions, use: (keys: Keys) => Promise<T>): Promise<T> {
  const log = commandLog(options)
  const database = await openDatabase({ dataDir: options.dataDir, url: options.databaseUrl, log })
  try {
    const keys = await createKeys({ database, log })
    try {
      return await use(keys)
    } finally {
      await keys.close()
    }
  } finally {
    await database.close()
  }
}
