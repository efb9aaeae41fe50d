import { createHash } from 'node:crypto'
import { buffer, text } from 'node:stream/consumers'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { KINDS, type TestDatabase, testDatabase } from '../../test/database.ts'
import { createKeys } from '../access/keys.ts'
import type { ArtifactAbout, ArtifactDriver } from '../core/artifact.ts'
import { outputId } from '../core/artifact.ts'
import { createFileStorage } from '../storage/fs.ts'
import { createS3Storage } from '../storage/s3.ts'
import { openS3, S3_URL, type S3World } from '../storage/testing/s3-server.ts'
import { ArtifactStore, type ArtifactStoreOptions } from './store.ts'
import { mp4 } from './testing/films.ts'

const PNG = await sharp({ create: { width: 900, height: 300, channels: 4, background: '#3060c0' } })
  .png()
  .toBuffer()
const KB = 1024
const DAY = 86_400_000
const LINEAGE = { model: 'painter', provider: 'bfl', prompt: 'a \0 dog', seed: 7, cost: '0.04', inputs: { steps: 4 } }

async function* pieces(bytes: Buffer, size = 1_000, end?: Error): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  if (end) throw end
}

let s3: S3World | undefined
let jobs = 0

beforeAll(async () => {
  if (S3_URL !== undefined) s3 = await openS3()
})
afterAll(() => s3?.stop())

const WORLDS = [
  ...KINDS.map((kind) => ({ kind, storage: 'a directory' })),
  ...(S3_URL === undefined ? [] : [{ kind: 'embedded' as const, storage: 'a bucket' }]),
]

describe.each(WORLDS)('artifacts on $kind in $storage', ({ kind, storage }) => {
  let test_: TestDatabase
  let driver: ArtifactDriver
  let store: ArtifactStore
  let failures: unknown[]

  const open = (change: Partial<ArtifactStoreOptions> = {}) =>
    new ArtifactStore({
      database: test_.db,
      driver,
      secret: Buffer.from('secret'),
      linkExpiresInSeconds: 60,
      limits: { pictureBytes: 200 * KB, videoBytes: 400 * KB },
      uploadQuotaBytes: 1_000,
      retentionDays: undefined,
      redirect: false,
      log: { warn: (details) => failures.push(details), error: (details) => failures.push(details) },
      ...change,
    })
  const files = async () => {
    const found: string[] = []
    for (const folder of ['outputs/', 'uploads/']) {
      for await (const { key } of driver.list(folder)) found.push(key)
    }
    return found.sort()
  }
  const output = (change: Partial<ArtifactAbout> = {}): ArtifactAbout => {
    const jobId = change.jobId ?? `job_${++jobs}`
    const index = change.index ?? 0
    const id = outputId(jobId, index)
    return { id, kind: 'output', jobId, index, keyId: 'key_1', user: 'ann', lineage: LINEAGE, ...change }
  }
  const filesOf = ({ id }: ArtifactAbout) => [
    `outputs/${id}/lineage.json`,
    `outputs/${id}/original.png`,
    `outputs/${id}/thumbnail.webp`,
  ]
  const ageRow = (id: string, set: Record<string, Date>) =>
    test_.db.sql.updateTable('artifacts').set(set).where('id', '=', id).execute()

  beforeAll(async () => {
    test_ = await testDatabase(kind)
  })
  afterAll(() => test_.close())
  beforeEach(async () => {
    failures = []
    driver =
      storage === 'a bucket'
        ? createS3Storage({ bucket: await s3!.bucket(), prefix: 'kept/' }, s3!.settings)
        : createFileStorage(`${test_.dataDir}/artifacts-${++jobs}`)
    store = open()
  })
  afterEach(async () => {
    driver.close()
    await test_.db.sql.deleteFrom('artifacts').execute()
  })

  test('are kept as they are, with all that can be told of them', async () => {
    const about = output({ attemptId: 'att_1' })
    const kept = await store.keep(pieces(PNG), about)
    expect(kept).toMatchObject({
      id: about.id,
      kind: 'output',
      jobId: about.jobId,
      attemptId: 'att_1',
      index: 0,
      keyId: 'key_1',
      user: 'ann',
      mediaType: 'image/png',
      bytes: PNG.length,
      sha256: createHash('sha256').update(PNG).digest('hex'),
      width: 900,
      height: 300,
      durationMs: null,
      hasThumbnail: true,
      expiresAt: null,
      deletedAt: null,
    })
    expect(kept.lineage).toEqual({ ...LINEAGE, deployment: null, providerRequestId: null, warnings: [] })
    expect(await store.find(about.id)).toEqual(kept)
    expect(await files()).toEqual(filesOf(about))
    const opened = await store.describe(about.id, 'content')
    expect((await buffer((await store.open(opened, 'content')).bytes)).equals(PNG)).toBe(true)
    const thumbnail = await store.describe(about.id, 'thumbnail')
    const small = await buffer((await store.open(thumbnail, 'thumbnail')).bytes)
    expect(await sharp(small).metadata()).toMatchObject({ format: 'webp', width: 512, height: 171 })
    expect(thumbnail.size).toBe(small.length)
    const sidecar = await driver.open(`outputs/${about.id}/lineage.json`)
    expect(JSON.parse(await text(sidecar!.bytes))).toMatchObject({
      id: about.id,
      sha256: kept.sha256,
      width: 900,
      lineage: { model: 'painter', prompt: 'a \0 dog', seed: 7, cost: '0.04', inputs: { steps: 4 } },
    })
  })

  test('of films have a size and a duration, and no thumbnail', async () => {
    const film = mp4({ width: 640, height: 360, duration: 4_000 }, { factsLast: true, frames: 300_000 })
    const kept = await store.keep(pieces(film, 50_000), output({ expected: 'video' }))
    expect(kept).toMatchObject({ mediaType: 'video/mp4', width: 640, height: 360, durationMs: 4_000 })
    expect(kept.hasThumbnail).toBe(false)
    await expect(store.describe(kept.id, 'thumbnail')).rejects.toMatchObject({ code: 'not_found' })
  })

  test('are kept once, however often', async () => {
    const about = output()
    const first = await store.keep(pieces(PNG), about)
    let released = false
    async function* other() {
      try {
        yield Buffer.from('GIF89a')
        throw new Error('was read on')
      } finally {
        released = true
      }
    }
    expect(await store.keep(other(), { ...about, lineage: { model: 'other' } })).toEqual(first)
    await expect.poll(() => released).toBe(true)
    expect(await files()).toEqual(filesOf(about))
  })

  test('are kept once by many at the same time, here and in another process', async () => {
    const about = output()
    const other = open()
    const kept = await Promise.all([store, store, other, other].map((each) => each.keep(pieces(PNG), about)))
    expect(new Set(kept.map(({ sha256 }) => sha256)).size).toBe(1)
    expect((await store.list({}, { limit: 10 })).items).toHaveLength(1)
    expect(await files()).toEqual(filesOf(about))
  })

  test('heal what a crash has left in between', async () => {
    const about = output()
    // The process died after it had written the bytes of an earlier attempt.
    const dying: ArtifactDriver = {
      ...driver,
      put: async (key, bytes, options) => {
        if (key.endsWith('thumbnail.webp')) throw new Error('died')
        return driver.put(key, bytes, options)
      },
    }
    await expect(open({ driver: dying }).keep(PNG, { ...about, attemptId: 'att_1' })).rejects.toMatchObject({
      code: 'overloaded',
    })
    expect(await store.find(about.id)).toBeUndefined()
    expect(await store.list({}, { limit: 10 })).toEqual({ items: [], nextCursor: null })
    const kept = await store.keep(PNG, { ...about, attemptId: 'att_2', lineage: { model: 'second' } })
    expect(kept).toMatchObject({ attemptId: 'att_2', lineage: { model: 'second' }, hasThumbnail: true })
    expect(await files()).toEqual(filesOf(about))
  })

  test('that nobody makes whole are removed after a day, and can be kept even then', async () => {
    const about = output()
    await driver.put(`outputs/${about.id}/original.png`, PNG)
    await expect(store.keep(pieces(PNG, 100, new Error('cut')), about)).rejects.toThrow('cut')
    await store.prune()
    expect(await files()).toHaveLength(1)
    await ageRow(about.id, { created_at: new Date(Date.now() - 2 * DAY) })
    await store.prune()
    expect(await files()).toEqual([])
    expect(await store.keep(PNG, about)).toMatchObject({ deletedAt: null, bytes: PNG.length })
  })

  const HTML = Buffer.from('<!doctype html><title>Not found</title>')
  test.each([
    ['nothing', Buffer.alloc(0), {}, 'has no bytes'],
    ['a page', HTML, {}, 'is not a picture or a video'],
    ['a page instead of a picture', HTML, { expected: 'image' }, 'is not a picture'],
    ['a film instead of a picture', mp4({ width: 1, height: 1, duration: 1 }), { expected: 'image' }, 'video/mp4'],
    ['a picture instead of a film', PNG, { expected: 'video' }, 'is not a video but image/png'],
    ['a picture that is too large', Buffer.concat([PNG, Buffer.alloc(200 * KB)]), {}, 'larger than 204800 bytes'],
  ] as const)('refuse %s', async (_, bytes, change, message) => {
    const about = output({ ...change, lineage: { provider: 'bfl' } })
    const error = { provider: 'bfl', retryable: false, message: expect.stringContaining(message) }
    await expect(store.keep(pieces(bytes), about)).rejects.toMatchObject({ code: 'invalid_output', ...error })
    const upload = { ...about, id: `file_${about.id.slice(4)}`, kind: 'upload' } as const
    await expect(store.keep(bytes, upload)).rejects.toMatchObject({ code: 'invalid_input', param: 'file' })
    expect(await store.find(about.id)).toBeUndefined()
    expect(await files()).toEqual([])
  })

  test('keep nothing of bytes that end in an error, and tell that error', async () => {
    const broken = new Error('cut')
    await expect(store.keep(pieces(PNG, 100, broken), output())).rejects.toBe(broken)
    const early = pieces(Buffer.alloc(0), 1, broken)
    await expect(store.keep(early, output())).rejects.toBe(broken)
    expect(await files()).toEqual([])
  })

  test('end with the reason of the signal', async () => {
    const controller = new AbortController()
    const reason = new Error('stop')
    async function* slow() {
      yield PNG
      controller.abort(reason)
      yield PNG
    }
    await expect(store.keep(slow(), output({ signal: controller.signal }))).rejects.toBe(reason)
    await expect(store.keep(pieces(PNG), output({ signal: controller.signal }))).rejects.toBe(reason)
    expect(await files()).toEqual([])
  })

  test('are deleted with everything of them, and not kept again', async () => {
    const [about, other] = [output(), output()]
    await store.keep(PNG, about)
    await store.keep(PNG, other)
    await store.delete(about.id)
    expect(await files()).toEqual(filesOf(other))
    await expect(store.describe(about.id, 'content')).rejects.toMatchObject({ code: 'not_found' })
    expect((await store.list({}, { limit: 10 })).items.map(({ id }) => id)).toEqual([other.id])
    expect((await store.find(about.id))!.lineage.prompt).toBeNull()
    expect((await store.keep(PNG, about)).deletedAt).not.toBeNull()
    expect(await files()).toEqual(filesOf(other))
    await store.delete(about.id)
    await store.delete('art_absent000')
  })

  test('whose bytes could not be deleted are gone at once, and their bytes later', async () => {
    const about = output()
    const stuck: ArtifactDriver = { ...driver, delete: () => Promise.reject(new Error('storage is down')) }
    await store.keep(PNG, about)
    await open({ driver: stuck }).delete(about.id)
    expect(failures).toHaveLength(1)
    await expect(store.describe(about.id, 'content')).rejects.toMatchObject({ code: 'not_found' })
    expect(await files()).toEqual(filesOf(about))
    await store.prune()
    expect(await files()).toEqual([])
  })

  test('that are deleted while they are written leave nothing', async () => {
    const about = output()
    async function* deleting() {
      yield PNG.subarray(0, 600)
      await store.delete(about.id)
      yield PNG.subarray(600)
    }
    expect((await store.keep(deleting(), about)).deletedAt).not.toBeNull()
    expect(await files()).toEqual([])
  })

  test('are kept for as long as their key says, else the server', async () => {
    const keys = await createKeys({ database: test_.db, log: { info() {}, warn() {}, error() {} } })
    const key = await keys.create({ name: 'short', role: 'user', limits: { retentionDays: 3 } })
    await keys.close()
    const bounded = open({ retentionDays: 30 })
    const days = async (keyId: string | null) => {
      const { createdAt, expiresAt } = await bounded.keep(PNG, output({ keyId }))
      return Math.round((Date.parse(expiresAt!) - Date.parse(createdAt)) / DAY)
    }
    expect([await days(key.id), await days('key_other'), await days(null)]).toEqual([3, 30, 30])
    const about = output({ keyId: key.id })
    await store.keep(PNG, about)
    await store.prune()
    expect((await store.find(about.id))!.deletedAt).toBeNull()
    await ageRow(about.id, { expires_at: new Date(Date.now() - 1) })
    await store.prune()
    expect((await store.find(about.id))!.deletedAt).not.toBeNull()
    expect((await files()).filter((file) => file.includes(about.id))).toEqual([])
    await ageRow(about.id, { purged_at: new Date(Date.now() - 40 * DAY) })
    await store.prune()
    expect(await store.find(about.id)).toBeUndefined()
  })

  test('are listed newest first, page by page, by what is asked for', async () => {
    const kept = []
    for (let index = 0; index < 5; index += 1) {
      kept.push(await store.keep(PNG, output({ jobId: 'job_many', index, keyId: index < 2 ? 'key_a' : 'key_b' })))
    }
    const film = await store.keep(mp4({ width: 2, height: 2, duration: 9 }), output({ keyId: 'key_b', user: 'bob' }))
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await store.list({}, { cursor, limit: 2 })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(seen).toHaveLength(6)
    expect(new Set(seen).size).toBe(6)
    expect(seen[0]).toBe(film.id)
    const count = async (filter: Parameters<ArtifactStore['list']>[0]) =>
      (await store.list(filter, { limit: 100 })).items.length
    expect(await count({ keyId: 'key_a' })).toBe(2)
    expect(await count({ type: 'video' })).toBe(1)
    expect(await count({ jobId: 'job_many', keyId: 'key_b' })).toBe(3)
    expect(await count({ user: 'bob' })).toBe(1)
    expect(await count({ model: 'painter', kind: 'output' })).toBe(6)
    expect(await count({ kind: 'upload' })).toBe(0)
    expect(await count({ from: new Date(Date.now() + DAY) })).toBe(0)
    expect(await count({ to: new Date(Date.now() + DAY) })).toBe(6)
    for (const cursor of ['x', '999999999999999.art_of_the_year_33658']) {
      await expect(store.list({}, { cursor, limit: 1 })).rejects.toMatchObject({
        code: 'invalid_input',
        param: 'cursor',
      })
    }
    const ofJobs = await store.ofJobs(['job_many', 'job_none'])
    expect(ofJobs.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4])
    expect(await store.ofJobs([])).toEqual([])
  })

  test('of clients leave room until the quota', async () => {
    expect(await store.room('key_u')).toBe(1_000)
    const gif = await sharp(PNG).resize(4, 4).gif().toBuffer()
    const about = { id: 'file_room0001', kind: 'upload', keyId: 'key_u', user: null, filename: 'a.gif' } as const
    expect(await store.keep(gif, about)).toMatchObject({ filename: 'a.gif', mediaType: 'image/gif' })
    expect(await store.room('key_u')).toBe(1_000 - gif.length)
    await store.keep(PNG, { ...about, id: 'file_room0002' })
    expect(await store.room('key_u')).toBe(0)
    await store.delete('file_room0002')
    expect(await store.room('key_u')).toBe(1_000 - gif.length)
  })

  test('have links that hold for one of them, one variant and a time', async () => {
    const options = { baseUrl: 'https://turnout.example' }
    const url = new URL(store.link('art_linked00', options))
    expect(url.origin + url.pathname).toBe('https://turnout.example/api/artifacts/art_linked00/content')
    const signed = Object.fromEntries(url.searchParams) as { expires: string; signature: string }
    expect(Number(signed.expires) - Date.now()).toBeGreaterThan(50_000)
    store.verify('art_linked00', 'content', signed)
    const refused = { code: 'permission' }
    const verify = (...given: Parameters<ArtifactStore['verify']>) => expect(() => store.verify(...given))
    verify('art_linked01', 'content', signed).toThrow(expect.objectContaining(refused))
    verify('art_linked00', 'thumbnail', signed).toThrow(expect.objectContaining(refused))
    verify('art_linked00', 'content', { ...signed, expires: `${signed.expires}0` }).toThrow('wrong')
    verify('art_linked00', 'content', { ...signed, signature: undefined }).toThrow('wrong')
    const old = new URL(store.link('art_linked00', { ...options, expiresInSeconds: -1 })).searchParams
    const expired = { expires: old.get('expires')!, signature: old.get('signature')! }
    verify('art_linked00', 'content', expired).toThrow('expired')
  })

  test('whose storage fails are not kept, and that is said', async () => {
    const down: ArtifactDriver = { ...driver, put: () => Promise.reject(new Error('no space left')) }
    const keeping = open({ driver: down }).keep(pieces(PNG), output())
    await expect(keeping).rejects.toMatchObject({ code: 'overloaded', message: expect.stringContaining('no space') })
    expect(failures).toHaveLength(1)
  })
})
