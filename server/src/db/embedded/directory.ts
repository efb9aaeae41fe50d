import { fork } from 'node:child_process'
import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { databaseDirectory, isMade } from './location.ts'

const INIT_PREFIX = 'db-init-'

const asText = (value: string): string => value

/** Values come and go as text: the clients read and write them with the code that PostgreSQL clients use. */
function leaveAsText(converters: Record<number, unknown>): void {
  for (const oid of Object.keys(converters)) converters[Number(oid)] = asText
}

/** Opens a directory in this process, and makes it where there is none. */
export async function openDirectory(directory: string): Promise<PGlite> {
  const db = await PGlite.create(directory, {
    startParams: [...PGlite.defaultStartParams, '-c', 'shared_buffers=8MB', '-c', 'max_connections=5'],
  })
  leaveAsText(db.parsers)
  leaveAsText(db.serializers)
  return db
}

/**
 * The directory of the database, made at the first start: by a process that
 * ends with it, because initdb takes 300 MB that are never given back, and
 * under another name until it is whole.
 */
export async function prepareDirectory(dataDir: string): Promise<string> {
  const directory = databaseDirectory(dataDir)
  for (const name of readdirSync(dataDir)) {
    if (name.startsWith(INIT_PREFIX)) rmSync(join(dataDir, name), { recursive: true, force: true })
  }
  if (isMade(dataDir)) return directory
  const made = mkdtempSync(join(dataDir, INIT_PREFIX))
  const init = fork(process.argv[1]!, ['init', made], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const kill = () => init.kill('SIGKILL')
  process.once('exit', kill)
  const status = await new Promise<number | null>((resolve) => init.once('exit', resolve))
  process.off('exit', kill)
  if (status !== 0) throw new Error(`the directory of the database could not be made (status ${status})`)
  renameSync(made, directory)
  return directory
}
