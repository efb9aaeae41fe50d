import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { TurnoutError } from '../../core/error.ts'

/** The system's limit for the path of a Unix domain socket is 104 bytes on macOS and 108 on Linux. */
const MAX_SOCKET_PATH = 100

/**
 * A directory for sockets that belongs to this user alone. Everybody may write
 * beside it, and whoever owned it could answer in the place of the database.
 */
function privateDirectory(): string {
  const user = process.getuid!()
  const directory = join(tmpdir(), `turnout-${user}`)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const found = lstatSync(directory)
  if (!found.isDirectory() || found.uid !== user || (found.mode & 0o077) !== 0) {
    throw new TurnoutError(
      'invalid_input',
      `${directory} must be a directory that only this user may enter; remove it, or use a shorter data directory.`,
      { param: 'TURNOUT_DATA_DIR' },
    )
  }
  return directory
}

/** Where the database of a data directory is reached: in the directory, or under a short name where its path is too long. */
export function socketPath(dataDir: string): string {
  const name = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 20)
  if (process.platform === 'win32') return `\\\\.\\pipe\\turnout-${name}`
  const path = join(resolve(dataDir), 'db.sock')
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : join(privateDirectory(), `${name}.sock`)
}
