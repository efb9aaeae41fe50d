import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where PostgreSQL's own files are. */
export const databaseDirectory = (dataDir: string): string => join(dataDir, 'db')

/** Whether a first start has made them; they come into being all at once. */
export const isMade = (dataDir: string): boolean => existsSync(join(databaseDirectory(dataDir), 'PG_VERSION'))
