import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { ArtifactDriver } from '../core/artifact.ts'
import { newId } from '../lib/ids.ts'

const NAME = /^[a-z0-9][a-z0-9.-]{0,200}$/

/** Artifacts as files of one directory. A file appears under its name only when it is whole. */
export function createFileStorage(directory: string): ArtifactDriver {
  const pathOf = (name: string): string => {
    if (!NAME.test(name)) throw new RangeError(`not the name of an artifact: ${name}`)
    return join(directory, name)
  }
  /** Lets `write` fill a file of no name, which then gets the one that `path` says, or is gone. */
  const finish = async (write: (unfinished: string) => Promise<void>, path: () => string): Promise<void> => {
    await mkdir(directory, { recursive: true })
    const unfinished = join(directory, newId('.part'))
    try {
      await write(unfinished)
      await rename(unfinished, path())
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  }
  return {
    put(name, bytes) {
      const path = pathOf(name)
      return finish(
        (unfinished) => writeFile(unfinished, bytes),
        () => path,
      )
    },
    async putStream(bytes, name) {
      let named = ''
      await finish(
        async (unfinished) => {
          // It is there before anything can fail: what is made later than it is deleted would stay.
          const file = await open(unfinished, 'wx')
          await pipeline(bytes, file.createWriteStream())
        },
        () => {
          named = name()
          return pathOf(named)
        },
      )
      return named
    },
    async open(name) {
      if (!NAME.test(name)) return undefined
      try {
        const file = await open(pathOf(name))
        const { size } = await file.stat()
        return { bytes: createReadStream('', { fd: file }), size }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    async deleteOlderThan(time) {
      let deleted = 0
      for (const name of await readdir(directory).catch(() => [])) {
        const path = join(directory, name)
        const found = await stat(path).catch(() => undefined)
        if (!found || found.mtimeMs >= time) continue
        await rm(path, { force: true })
        deleted += 1
      }
      return deleted
    },
  }
}
