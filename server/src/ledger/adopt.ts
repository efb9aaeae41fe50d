import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { closeWriter, importFile, type Sink } from './sink.ts'
import { isAlive } from './writer.ts'

/** `<writer>.<n>.jsonl`, and behind it who has claimed the file from a writer that died. */
const SPOOL_FILE = /^(?<writer>\d+-\d+-[0-9a-f]+)\.\d+\.jsonl(?:\.(?<claimant>\d+-\d+-[0-9a-f]+))?$/

/**
 * Takes over the spool files of writers whose process is gone: brings them
 * into the database and marks what they left running. Any number of processes
 * may do this at once: a file belongs to the one that renamed it, until that
 * dies as well.
 *
 * @param self Id of the writer that adopts.
 * @throws what the database failed with; claimed files are then tried again by the next call
 */
export async function adopt(sink: Sink, dir: string, self: string): Promise<void> {
  const files = new Map<string, string[]>()
  for (const name of await readdir(dir)) {
    const { writer, claimant } = SPOOL_FILE.exec(name)?.groups ?? {}
    if (writer === undefined || writer === self) continue
    const path = await claim(dir, name, claimant ?? writer, self)
    if (path !== undefined) files.set(writer, [...(files.get(writer) ?? []), path])
  }
  for (const [writer, paths] of files) {
    for (const path of paths) await importFile(sink, path, writer)
    await closeWriter(sink.database, writer)
    // Only now: a death in between leaves the files to the next one, and importing twice changes nothing.
    for (const path of paths) await rm(path, { force: true })
    sink.log.info({ writer, files: paths.length }, 'ledger: took over the records of a process that died')
  }
}

/** The file's path once it belongs to this process; undefined where it belongs to another one that lives. */
async function claim(dir: string, name: string, owner: string, self: string): Promise<string | undefined> {
  if (owner === self) return join(dir, name)
  if (isAlive(owner)) return undefined
  const path = join(dir, `${name.replace(/(?<=\.jsonl).*/, '')}.${self}`)
  try {
    await rename(join(dir, name), path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return path
}
