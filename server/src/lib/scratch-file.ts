import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { newId } from './ids.ts'

/** Lets bytes that come only once lie in a file of this machine as long as `use` runs. @throws what either throws */
export async function withScratchFile<T>(
  bytes: AsyncIterable<Uint8Array>,
  use: (file: string) => Promise<T>,
): Promise<T> {
  const directory = join(tmpdir(), 'turnout-pictures')
  await mkdir(directory, { recursive: true })
  const file = join(directory, newId('picture'))
  try {
    await pipeline(bytes, createWriteStream(file, { flags: 'wx', mode: 0o600 }))
    return await use(file)
  } finally {
    await rm(file, { force: true })
  }
}
