/** Keeps outputs as a server does, apart from the process that measures. The data directory is the argument. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createArtifacts } from 'turnout/src/artifacts/index.ts'
import type { ArtifactDriver } from 'turnout/src/core/artifact.ts'
import { openDatabase } from 'turnout/src/db/database.ts'
import { createFileStorage } from 'turnout/src/storage/fs.ts'
import { createS3Storage } from 'turnout/src/storage/s3.ts'
import { openS3 } from 'turnout/src/storage/testing/s3-server.ts'
import { serveCommands } from './commands.ts'

export interface Keep {
  /** The outputs are this file, over and over. */
  file: string
  count: number
  storage: 'a directory' | 'S3'
}

const MB = 1024 ** 2
const dataDir = process.argv[2]!
const database = await openDatabase({ dataDir })
const settings = {
  retentionDays: undefined,
  linkExpiryMs: 60_000,
  maxPictureBytes: 64 * MB,
  maxVideoBytes: 64 * MB,
  uploadQuotaBytes: MB,
  s3Redirect: false,
}
const log = { info() {}, warn: console.error, error: console.error }
let runs = 0

/** A new bucket of the test server. */
async function bucket(): Promise<ArtifactDriver> {
  const s3 = await openS3()
  const driver = createS3Storage({ bucket: await s3.bucket(), prefix: '' }, s3.settings)
  s3.stop()
  return driver
}

serveCommands<Keep>(async ({ file, count, storage }) => {
  const driver = storage === 'S3' ? await bucket() : createFileStorage(join(dataDir, 'artifacts'))
  const { store, stop } = await createArtifacts(database, driver, settings, log)
  runs += 1
  const started = performance.now()
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      store.keep(createReadStream(file), {
        id: `art_bench${String(runs).padStart(4, '0')}${String(index).padStart(4, '0')}`,
        kind: 'output',
        index,
        keyId: null,
        user: null,
      }),
    ),
  )
  const elapsedMs = performance.now() - started
  await stop()
  return elapsedMs
})
process.on('SIGTERM', () => void database.close().then(() => process.exit()))
