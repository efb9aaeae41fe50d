import { type BinaryLike, createHash, createHmac, type Hash, type Hmac, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { SignatureV4 } from '@smithy/signature-v4'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ArtifactDriver } from '../core/artifact.ts'
import { createFileStorage } from './fs.ts'
import { createS3Reader, createS3Storage } from './s3.ts'
import { openS3, S3_URL, type S3World } from './testing/s3-server.ts'

let directory: string
let s3: S3World
let bucket: string
let worlds = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'storage-'))
  if (S3_URL === undefined) return
  s3 = await openS3()
  bucket = await s3.bucket()
})
afterAll(async () => {
  s3?.stop()
  await rm(directory, { recursive: true })
})

const onS3: [string, () => ArtifactDriver][] = [
  ['a bucket', () => createS3Storage({ bucket, prefix: '' }, s3.settings)],
  ['a prefix in a bucket', () => createS3Storage({ bucket, prefix: `deep/Prefix-${++worlds}/` }, s3.settings)],
]
const DRIVERS: [string, () => ArtifactDriver][] = [
  ['a directory', () => createFileStorage(join(directory, String(++worlds)))],
  ...(S3_URL === undefined ? [] : onS3),
]

async function* pieces(bytes: Buffer, size: number, end?: Error): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  if (end) throw end
}

describe.each(DRIVERS)('%s', (_, create) => {
  let driver: ArtifactDriver
  let prefix: string
  beforeEach(() => {
    driver = create()
    prefix = `world-${++worlds}/`
    return () => driver.close()
  })

  const read = async (key: string) => {
    const found = await driver.open(prefix + key)
    return found && { bytes: await buffer(found.bytes), size: found.size }
  }
  const keys = async (at = prefix) =>
    (await Array.fromAsync(driver.list(at))).map(({ key, size }) => [key.slice(at.length), size]).sort()

  test('gives back what was put, byte for byte', async () => {
    const bytes = randomBytes(100_000)
    await driver.put(`${prefix}a.bin`, bytes, { mediaType: 'image/png' })
    expect(await read('a.bin')).toEqual({ bytes, size: bytes.length })
  })

  test.each([
    ['of unknown size', {}],
    ['of known size', { size: 12_000_000 }],
  ])('takes a stream %s, larger than any part', async (_, options) => {
    const bytes = randomBytes(12_000_000)
    await driver.put(`${prefix}x/stream`, pieces(bytes, 700_001), options)
    expect((await read('x/stream'))!.bytes.equals(bytes)).toBe(true)
    expect(await driver.stat(`${prefix}x/stream`)).toMatchObject({ size: bytes.length })
  })

  test('takes few bytes and none', async () => {
    await driver.put(`${prefix}few`, pieces(Buffer.from('few'), 1))
    await driver.put(`${prefix}none`, Buffer.alloc(0))
    expect(await read('few')).toEqual({ bytes: Buffer.from('few'), size: 3 })
    expect(await read('none')).toEqual({ bytes: Buffer.alloc(0), size: 0 })
  })

  test('replaces what was there', async () => {
    await driver.put(`${prefix}a`, Buffer.from('long before'))
    await driver.put(`${prefix}a`, pieces(Buffer.from('after'), 2))
    expect(await read('a')).toEqual({ bytes: Buffer.from('after'), size: 5 })
    expect(await keys()).toEqual([['a', 5]])
  })

  test.each([
    ['few', 10],
    ['many', 6_000_000],
  ])('keeps nothing of %s bytes that end in an error, and tells that error', async (_, count) => {
    const broken = new Error('cut')
    await expect(driver.put(`${prefix}a`, pieces(randomBytes(count), 1_000_000, broken))).rejects.toBe(broken)
    expect(await read('a')).toBeUndefined()
    expect(await keys()).toEqual([])
    await driver.put(`${prefix}a`, Buffer.from('whole'))
    await expect(driver.put(`${prefix}a`, pieces(randomBytes(count), 1_000_000, broken))).rejects.toBe(broken)
    expect((await read('a'))!.bytes.toString()).toBe('whole')
  })

  test.each([
    [0, 0, '0'],
    [2, 4, '234'],
    [9, 9, '9'],
    [0, 9, '0123456789'],
  ])('opens the bytes from %i to %i, and tells the size of all', async (start, end, expected) => {
    await driver.put(`${prefix}digits`, Buffer.from('0123456789'))
    const found = await driver.open(`${prefix}digits`, { start, end })
    expect({ text: await text(found!.bytes), size: found!.size }).toEqual({ text: expected, size: 10 })
  })

  test('has nothing where nothing was put', async () => {
    expect(await driver.open(`${prefix}absent`)).toBeUndefined()
    expect(await driver.open(`${prefix}absent`, { start: 0, end: 1 })).toBeUndefined()
    expect(await driver.stat(`${prefix}absent`)).toBeUndefined()
    expect(await keys()).toEqual([])
    await driver.delete(`${prefix}absent`)
  })

  test('deletes one and leaves the others', async () => {
    await driver.put(`${prefix}one/a`, Buffer.from('1'))
    await driver.put(`${prefix}one/b`, Buffer.from('22'))
    await driver.put(`${prefix}one-more/c`, Buffer.from('333'))
    expect(await keys()).toEqual([
      ['one-more/c', 3],
      ['one/a', 1],
      ['one/b', 2],
    ])
    await driver.delete(`${prefix}one/a`)
    expect(await keys(`${prefix}one/`)).toEqual([['b', 2]])
    await driver.delete(`${prefix}one/b`)
    await driver.put(`${prefix}one/again`, Buffer.from('4'))
    expect(await keys()).toEqual([
      ['one-more/c', 3],
      ['one/again', 1],
    ])
  })

  test('tells when bytes were written', async () => {
    const before = Date.now()
    await driver.put(`${prefix}a`, Buffer.from('1'))
    const { modifiedAt } = (await driver.stat(`${prefix}a`))!
    // S3 tells whole seconds.
    expect(modifiedAt).toBeGreaterThanOrEqual(before - 1_000)
    expect(modifiedAt).toBeLessThanOrEqual(Date.now() + 1_000)
  })

  test.each(['../up', 'a/../b', '/root', 'a//b', 'A', '.hidden', 'a/.b', '', 'a b', 'a/', 'ü', 'a%2f..'])(
    'refuses the key %j',
    async (key) => {
      await expect(async () => driver.put(key, Buffer.from('x'))).rejects.toBeInstanceOf(RangeError)
      await expect(async () => driver.open(key)).rejects.toBeInstanceOf(RangeError)
      await expect(async () => driver.stat(key)).rejects.toBeInstanceOf(RangeError)
      await expect(async () => driver.delete(key)).rejects.toBeInstanceOf(RangeError)
      await expect(async () => Array.fromAsync(driver.list(`${key}/..`))).rejects.toBeInstanceOf(RangeError)
    },
  )
})

test('a write that fails leaves no file in the directory', async () => {
  const own = join(directory, 'failed')
  const driver = createFileStorage(own)
  await expect(driver.put('a', pieces(randomBytes(10), 3, new Error('cut')))).rejects.toThrow('cut')
  expect(await readdir(join(own, '.unfinished'))).toEqual([])
})

test('a write that its process did not live to end is discarded after its time', async () => {
  const own = join(directory, 'crashed')
  const driver = createFileStorage(own)
  await mkdir(join(own, '.unfinished'), { recursive: true })
  const [old, fresh] = [join(own, '.unfinished', 'old'), join(own, '.unfinished', 'fresh')]
  await writeFile(old, 'half')
  await writeFile(fresh, 'half')
  await utimes(old, 1, 1)
  await driver.discardUnfinished(Date.now() - 60_000)
  expect(await readdir(join(own, '.unfinished'))).toEqual(['fresh'])
})

describe.skipIf(S3_URL === undefined)('a bucket', () => {
  let driver: ArtifactDriver
  beforeEach(() => {
    driver = createS3Storage({ bucket, prefix: `own-${++worlds}/` }, s3.settings)
    return () => driver.close()
  })
  const options = { expiresInSeconds: 60, mediaType: 'image/png', disposition: 'inline; filename="a b.png"' }

  test('hands out bytes itself under a signed address', async () => {
    await driver.put('a.png', Buffer.from('bytes'))
    const answer = await fetch(await driver.presign!('a.png', options))
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition')]).toEqual([
      200,
      'image/png',
      'inline; filename="a b.png"',
    ])
    expect(await answer.text()).toBe('bytes')
  })

  test("signs an address as AWS's own signer does", async () => {
    const url = new URL(await driver.presign!('a.png', options))
    const query = Object.fromEntries(url.searchParams)
    const { 'X-Amz-Date': time, 'X-Amz-Signature': signature } = query
    const unsigned = Object.entries(query).filter(([name]) => !name.startsWith('X-Amz-'))
    const signer = new SignatureV4({
      region: 'us-east-1',
      service: 's3',
      credentials: s3.settings.credentials,
      sha256: class {
        #hash: Hash | Hmac
        constructor(secret?: BinaryLike) {
          this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret)
        }
        update(data: BinaryLike) {
          this.#hash.update(data)
        }
        async digest() {
          return this.#hash.digest()
        }
      } as never,
      uriEscapePath: false,
    })
    const expected = await signer.presign(
      {
        method: 'GET',
        protocol: url.protocol,
        hostname: url.hostname,
        port: Number(url.port),
        path: url.pathname,
        query: Object.fromEntries(unsigned),
        headers: { host: url.host },
      },
      { expiresIn: 60, signingDate: new Date(time!.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')) },
    )
    expect(signature).toBe(expected.query!['X-Amz-Signature'])
    expect(query['X-Amz-Expires']).toBe('60')
  })

  test('gives up writes that were begun before a time and never ended', async () => {
    const own = await s3.bucket()
    await s3.begin(own, 'ours/a')
    await s3.begin(own, 'theirs/a')
    const prefixed = createS3Storage({ bucket: own, prefix: 'ours/' }, s3.settings)
    await prefixed.discardUnfinished(Date.UTC(2000, 1))
    expect(await s3.unfinished(own)).toEqual(['ours/a', 'theirs/a'])
    await prefixed.discardUnfinished(Date.now() + 3_600_000)
    expect(await s3.unfinished(own)).toEqual(['theirs/a'])
    prefixed.close()
  })

  test('leaves no multipart upload behind where the bytes end in an error', async () => {
    const broken = new Error('cut')
    await expect(driver.put('a', pieces(randomBytes(7_000_000), 1_000_000, broken))).rejects.toBe(broken)
    expect(await s3.unfinished(bucket)).toEqual([])
  })

  test('that is not there is an error, not an empty one', async () => {
    const absent = createS3Storage({ bucket: 'no-such-bucket-of-turnout', prefix: '' }, s3.settings)
    await expect(absent.put('a', Buffer.from('1'))).rejects.toMatchObject({ name: 'NoSuchBucket' })
    await expect(absent.open('a')).rejects.toMatchObject({ name: 'NoSuchBucket' })
    absent.close()
  })

  test('is read from as an input, by any key that S3 knows', async () => {
    await s3.put(bucket, 'Photos/My Dog (1).png', 'dog')
    const reader = createS3Reader([bucket], s3.settings)
    const found = await reader.open(bucket, 'Photos/My Dog (1).png')
    expect([await text(found!.bytes), found!.size]).toEqual(['dog', 3])
    expect(await reader.open(bucket, 'absent')).toBeUndefined()
    reader.close()
  })
})
