import { createReadStream } from 'node:fs'
import { mkdir, open, opendir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ArtifactDriver, ByteRange, StoredBytes, StoredEntry } from '../core/artifact.ts'
import { newId } from '../lib/ids.ts'
import { requireKey, requirePrefix } from './key.ts'

/** Where files lie that are still being written. No key begins with a dot. */
const UNFINISHED = '.unfinished'

const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The answer, or undefined where the file is not there. */
async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function write(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  // It is there before anything can fail: what is made later than it is deleted would stay.
  const file = (await ifThere(open(path, 'wx'))) ?? (await inNewDirectory(path, () => open(path, 'wx')))
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Most directories are there already: one is made where it turns out that it is not. */
async function inNewDirectory<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  return work()
}

/** Moves a finished file to its place. The directory may go away meanwhile, when what else was in it is deleted. */
async function moveTo(path: string, unfinished: string): Promise<void> {
  const move = () => rename(unfinished, path)
  for (let tries = 3; ; tries -= 1) {
    try {
      return await (tries === 3 ? move() : inNewDirectory(path, move))
    } catch (error) {
      if (tries === 0 || !isMissing(error)) throw error
    }
  }
}

/** Artifacts as files of one directory. A file appears under its key only when it is whole. */
export function createFileStorage(directory: string): ArtifactDriver {
  const unfinishedIn = join(directory, UNFINISHED)
  const fileOf = (key: string): string => join(directory, requireKey(key))

  async function* entriesOf(prefix: string): AsyncGenerator<StoredEntry> {
    const found = await ifThere(opendir(join(directory, prefix)))
    if (found === undefined) return
    for await (const entry of found) {
      const key = prefix + entry.name
      if (entry.isDirectory()) yield* entriesOf(`${key}/`)
      else {
        const known = await ifThere(stat(join(directory, key)))
        if (known) yield { key, size: known.size, modifiedAt: known.mtimeMs }
      }
    }
  }

  return {
    place: directory,
    fileOf,
    async put(key, bytes) {
      const path = fileOf(key)
      const unfinished = join(unfinishedIn, newId('part'))
      try {
        await write(unfinished, bytes)
        await moveTo(path, unfinished)
      } catch (error) {
        await rm(unfinished, { force: true })
        throw error
      }
    },
    async open(key: string, range?: ByteRange): Promise<StoredBytes | undefined> {
      const file = await ifThere(open(fileOf(key)))
      if (file === undefined) return undefined
      const { size } = await file.stat()
      return { bytes: createReadStream('', { fd: file, ...range }), size }
    },
    async stat(key) {
      const known = await ifThere(stat(fileOf(key)))
      return known && { key, size: known.size, modifiedAt: known.mtimeMs }
    },
    async delete(key) {
      const path = fileOf(key)
      await rm(path, { force: true })
      // The last file of a directory takes it along.
      if (dirname(path) !== directory) await rmdir(dirname(path)).catch(() => {})
    },
    list: (prefix) => entriesOf(requirePrefix(prefix)),
    async discardUnfinished(time) {
      for (const name of (await ifThere(readdir(unfinishedIn))) ?? []) {
        const path = join(unfinishedIn, name)
        const known = await ifThere(stat(path))
        if (known && known.mtimeMs < time) await rm(path, { force: true })
      }
    },
    close() {},
  }
}
