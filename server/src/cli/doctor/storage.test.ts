import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseOptions } from '../../options.ts'
import { openS3, S3_URL } from '../../storage/testing/s3-server.ts'
import { checkStorage } from './storage.ts'

let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'doctor-storage-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

const check = (env: Record<string, string> = {}, directory = dataDir) =>
  checkStorage(parseOptions([], { TURNOUT_DATA_DIR: directory, ...env }))

test('finds a directory that can be written to, and leaves nothing in it', async () => {
  expect(await check()).toMatchObject({ level: 'ok', message: expect.stringContaining(join(dataDir, 'artifacts')) })
  const left = await readdir(join(dataDir, 'artifacts'), { recursive: true, withFileTypes: true })
  expect(left.filter((entry) => entry.isFile())).toEqual([])
})

test('does not make a data directory', async () => {
  expect(await check({}, join(dataDir, 'absent'))).toMatchObject({ level: 'ok' })
  expect(existsSync(join(dataDir, 'absent'))).toBe(false)
})

test('finds a directory that is none', async () => {
  await writeFile(join(dataDir, 'artifacts'), 'a file')
  expect(await check()).toMatchObject({ level: 'fail', message: expect.stringContaining(dataDir) })
})

test('finds half a credential', async () => {
  const finding = await check({ TURNOUT_STORAGE: 's3://bucket', TURNOUT_S3_ACCESS_KEY_ID: 'me' })
  expect(finding).toMatchObject({ level: 'fail', message: expect.stringContaining('TURNOUT_S3_SECRET_ACCESS_KEY') })
})

test.skipIf(S3_URL === undefined)('finds a bucket that can be written to, and one that is not there', async () => {
  const s3 = await openS3()
  const env = {
    TURNOUT_S3_ENDPOINT: S3_URL!,
    TURNOUT_S3_ACCESS_KEY_ID: s3.settings.credentials.accessKeyId,
    TURNOUT_S3_SECRET_ACCESS_KEY: s3.settings.credentials.secretAccessKey,
  }
  const bucket = await s3.bucket()
  expect(await check({ ...env, TURNOUT_STORAGE: `s3://${bucket}/kept` })).toMatchObject({
    level: 'ok',
    message: expect.stringContaining(`s3://${bucket}/kept/`),
  })
  expect(await check({ ...env, TURNOUT_STORAGE: 's3://no-such-bucket-here' })).toMatchObject({
    level: 'fail',
    message: expect.stringContaining('NoSuchBucket'),
  })
  s3.stop()
})
