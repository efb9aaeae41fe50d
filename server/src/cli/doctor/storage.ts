import { existsSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import type { ArtifactDriver } from '../../core/artifact.ts'
import { newId } from '../../lib/ids.ts'
import type { ServerOptions } from '../../options.ts'
import { loadEngine } from '../engine.ts'
import { type Finding, fail, ok } from './finding.ts'

const CONTENT = Buffer.from('Written by turnout doctor.')
const TIMEOUT_MS = 15_000

/** Writes, reads and deletes as the server would. A data directory that does not exist yet is not made. */
export async function checkStorage(options: ServerOptions): Promise<Finding> {
  const { storage, dataDir } = options
  if (storage === 'fs' && !existsSync(dataDir)) return ok('artifacts will be kept in the data directory')
  const mend =
    storage === 'fs'
      ? 'Give this user the right to write there, and check that there is space left on the disk.'
      : 'Check TURNOUT_STORAGE, TURNOUT_S3_ENDPOINT and TURNOUT_S3_REGION, and that the credential may put, get, list and delete objects.'
  let driver: ArtifactDriver | undefined
  try {
    const { createStorage } = await loadEngine()
    driver = createStorage(options)
    await inTime(tryOut(driver))
    return ok(`artifacts can be written to, read from and deleted in ${driver.place}`)
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return fail(`artifacts cannot be kept in ${driver?.place ?? 'the storage'} (${reason})`, mend)
  } finally {
    driver?.close()
  }
}

async function tryOut(driver: ArtifactDriver): Promise<void> {
  const folder = `doctor/${newId('check').replace('_', '-')}/`
  const key = `${folder}file.txt`
  await driver.put(key, CONTENT, { mediaType: 'text/plain' })
  try {
    const part = await driver.open(key, { start: 8, end: 9 })
    if (part === undefined || !(await buffer(part.bytes)).equals(CONTENT.subarray(8, 10))) {
      throw new Error('what was written could not be read')
    }
    const listed = await Array.fromAsync(driver.list(folder))
    if (listed.length !== 1) throw new Error('what was written is not listed')
  } finally {
    await driver.delete(key)
  }
  if (await driver.stat(key)) throw new Error('what was deleted is still there')
}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
