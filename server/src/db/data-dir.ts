import { accessSync, constants, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { TurnoutError } from '../core/error.ts'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'it is not a directory',
  ENOENT: 'it cannot be made there',
  ENOSPC: 'no space left on the disk',
  ENOTDIR: 'it is not a directory',
  EPERM: 'permission denied',
  EROFS: 'its file system is read-only',
}

/**
 * Makes sure that the data directory exists and can be written.
 * @throws TurnoutError invalid_input, which names the option
 */
export function ensureDataDir(dataDir: string): void {
  try {
    makeDirectory(resolve(dataDir))
    accessSync(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new TurnoutError('invalid_input', `TURNOUT_DATA_DIR ${dataDir}: ${REASONS[code] ?? message}.`, {
      param: 'TURNOUT_DATA_DIR',
    })
  }
}

/**
 * Makes a directory and those above it, one by one: `recursive` tries for
 * ever where the parent exists and yet nothing can be made in it, as in /proc.
 */
function makeDirectory(path: string): void {
  if (isDirectory(path)) return
  const parent = dirname(path)
  if (parent !== path) makeDirectory(parent)
  try {
    mkdirSync(path)
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isDirectory(path)) throw error
  }
}

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
