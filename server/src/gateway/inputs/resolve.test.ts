import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StoredArtifact } from '../../core/artifact.ts'
import { SafeFetcher } from '../../lib/http/safe-fetch.ts'
import type { InputServices } from '../inputs.ts'
import { type InputWish, isReference, resolveInput } from './resolve.ts'

const PNG = Buffer.from('\x89PNG\r\n\x1a\n and the rest of it', 'latin1')
const MP4 = Buffer.from('\0\0\0\x18ftypisom and the rest of it', 'latin1')
const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')
const PICTURE = { base64: PNG.toString('base64'), mediaType: 'image/png' }
const CLIP = { base64: MP4.toString('base64'), mediaType: 'video/mp4' }

const PAGES: Record<string, (response: ServerResponse) => void> = {
  '/png': (response) => response.end(PNG),
  '/mp4': (response) => response.end(MP4),
  '/page': (response) => response.end('<html>'),
  '/none': (response) => response.writeHead(404).end(),
  '/endless': (response) => {
    const more = () => {
      if (!response.destroyed) response.write(Buffer.alloc(50_000), () => setImmediate(more))
    }
    more()
  },
  '/inside': (response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
}

let server: Server
let url: string
beforeAll(async () => {
  server = createServer((request, response) => PAGES[request.url!]!(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://localhost:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const artifact = (id: string, change: Partial<StoredArtifact> = {}) =>
  ({ id, keyId: 'key_ann', mediaType: 'image/png', bytes: PNG.length, deletedAt: null, ...change }) as StoredArtifact

const STORED: Record<string, { about: StoredArtifact; bytes: Buffer }> = Object.fromEntries(
  [
    { about: artifact('art_picture01'), bytes: PNG },
    { about: artifact('file_clip0001', { mediaType: 'video/mp4' }), bytes: MP4 },
    { about: artifact('file_drawing1', { mediaType: 'image/svg+xml' }), bytes: SVG },
    { about: artifact('art_others001', { keyId: 'key_bob' }), bytes: PNG },
    { about: artifact('art_nobodys01', { keyId: null }), bytes: PNG },
    { about: artifact('art_deleted01', { deletedAt: '2026-01-01T00:00:00Z' }), bytes: PNG },
    { about: artifact('art_large0001', { bytes: 5_000 }), bytes: Buffer.concat([PNG, Buffer.alloc(5_000)]) },
  ].map((each) => [each.about.id, each]),
)
const OBJECTS: Record<string, Buffer> = {
  'dog (1).png': PNG,
  'clip.mp4': MP4,
  'page.html': Buffer.from('<html>'),
  'large.png': Buffer.concat([PNG, Buffer.alloc(5_000)]),
}

const services: InputServices = {
  fetcher: new SafeFetcher({ allowed: ['localhost'] }),
  artifacts: {
    find: async (id) => STORED[id]?.about,
    describe: async (id) => ({ artifact: STORED[id]!.about, mediaType: '', size: 0, etag: '', filename: '' }),
    open: async ({ artifact: { id } }) => ({ bytes: Readable.from([STORED[id]!.bytes]), size: 0 }),
    link: (id, { baseUrl }) => `${baseUrl}/signed/${id}`,
  },
  objects: {
    buckets: new Set(['photos', 'locked']),
    open: async (bucket, key) => {
      if (bucket === 'locked') throw Object.assign(new Error('no'), { name: 'AccessDenied' })
      const bytes = OBJECTS[key]
      return bytes && { bytes: Readable.from([bytes]), size: bytes.length }
    },
  },
}

const wish = (change: Partial<InputWish> = {}): InputWish => ({
  kind: 'image',
  links: false,
  owner: { keyId: 'key_ann' },
  param: 'inputs.image_url',
  signal: new AbortController().signal,
  ...change,
})
const resolve = (reference: string, change: Partial<InputWish> = {}, more: Partial<InputServices> = {}) =>
  resolveInput(reference, wish(change), { ...services, ...more })
const refused = (message: string | RegExp, code = 'invalid_input') => ({
  code,
  param: 'inputs.image_url',
  message: expect.stringMatching(message),
})

const DATA = `data:image/jpeg;base64,${PICTURE.base64}`
const CLIP_DATA = `data:application/octet-stream;base64,${CLIP.base64}`

describe('an input of every form goes inline, known by its bytes', () => {
  test.each<[string, InputWish['kind'], object]>([
    ['/png', 'image', PICTURE],
    ['/mp4', 'video', CLIP],
    [DATA, 'image', PICTURE],
    [CLIP_DATA, 'video', CLIP],
    ['s3://photos/dog (1).png', 'image', PICTURE],
    ['s3://photos/clip.mp4', 'video', CLIP],
    ['art_picture01', 'image', PICTURE],
    ['file_clip0001', 'video', CLIP],
  ])('%s as %s', async (reference, kind, expected) => {
    expect(await resolve(reference.startsWith('/') ? url + reference : reference, { kind })).toEqual(expected)
  })
})

describe('where the provider fetches itself', () => {
  test.each(['https://pictures.example/a.png', 'https://93.184.216.34/a.png'])(
    '%s goes as it is',
    async (reference) => {
      expect(await resolve(reference, { links: true })).toEqual({ url: reference })
    },
  )

  test('what only we can reach goes inline all the same', async () => {
    expect(await resolve(`${url}/png`, { links: true })).toEqual(PICTURE)
    expect(await resolve('s3://photos/dog (1).png', { links: true })).toEqual(PICTURE)
    expect(await resolve('art_picture01', { links: true })).toEqual(PICTURE)
    for (const publicUrl of ['http://turnout.example', 'https://localhost:8080', 'https://10.0.0.1']) {
      expect(await resolve('art_picture01', { links: true }, { publicUrl })).toEqual(PICTURE)
    }
  })

  test('an artifact goes as a link, if this server can be reached', async () => {
    const link = await resolve('art_picture01', { links: true }, { publicUrl: 'https://turnout.example' })
    expect(link).toEqual({ url: 'https://turnout.example/signed/art_picture01' })
    expect(await resolve('art_picture01', {}, { publicUrl: 'https://turnout.example' })).toEqual(PICTURE)
  })

  test.each([
    'https://127.0.0.1/a',
    'https://[::1]/a',
    'https://2130706433/a',
    'https://inside.internal/a',
    'https://box/a',
  ])('%s is fetched by us, which refuses it', async (reference) => {
    const fetcher = new SafeFetcher({ resolve: async () => [{ address: '10.0.0.1', family: 4 }] })
    await expect(resolve(reference, { links: true }, { fetcher })).rejects.toMatchObject(
      refused('cannot be fetched: .* is not on the public internet'),
    )
  })
})

describe('weights', () => {
  test('go as their address', async () => {
    const reference = 'https://weights.example/style.safetensors'
    expect(await resolve(reference, { kind: 'weights' })).toEqual({ url: reference })
    await expect(resolve('art_picture01', { kind: 'weights' })).rejects.toMatchObject(refused('must be an http'))
  })
})

describe('an input is refused by its name and with the reason', () => {
  test.each<[string, string, string | RegExp, Partial<InputWish>?, string?]>([
    ['is a page', '/page', 'must be a PNG, JPEG, WebP or GIF'],
    ['is a film', '/mp4', 'must be a PNG'],
    ['is absent', '/none', 'answered with the status 404'],
    ['does not end', '/endless', 'larger than 1000 bytes', { maxBytes: 1_000 }],
    ['leads inside', '/inside', 'not on the public internet'],
    ['is a picture where a film is wanted', DATA, 'must be an MP4', { kind: 'video' }],
    ['is too large inline', `data:image/png;base64,${'A'.repeat(4_000)}`, 'too large', { maxBytes: 1_000 }],
    ['is a data URL without base64', 'data:image/png,x', 'must be an http or https URL'],
    ['is a path', '/etc/passwd', 'must be an http or https URL'],
    ['is a file', 'file:///etc/passwd', 'must be an http or https URL'],
    ['is an object of another bucket', 's3://secrets/key', 'names the bucket "secrets"', {}, 'permission'],
    ['is an object that is absent', 's3://photos/cat.png', 'does not exist'],
    ['is an object that is a page', 's3://photos/page.html', 'must be a PNG'],
    ['is an object that is too large', 's3://photos/large.png', 'too large', { maxBytes: 1_000 }],
    [
      'is an object that may not be read',
      's3://locked/a.png',
      /cannot be read from the bucket locked \(AccessDenied\)/,
    ],
    ['is an artifact of another key', 'art_others001', 'does not exist'],
    ['is an artifact of nobody', 'art_nobodys01', 'does not exist', { owner: { keyId: null } }],
    ['is an artifact, and nobody asks', 'art_picture01', 'does not exist', { owner: undefined }],
    ['is a deleted artifact', 'art_deleted01', 'does not exist'],
    ['is an unknown artifact', 'art_unknown01', 'does not exist'],
    ['is an artifact of a wrong type', 'file_clip0001', 'must be a PNG, JPEG, WebP or GIF, not video/mp4'],
    ['is a drawing', 'file_drawing1', 'must be a PNG'],
    ['is an artifact that is too large', 'art_large0001', 'too large', { maxBytes: 1_000 }],
  ])('where it %s', async (_, reference, message, change, code) => {
    const full = PAGES[reference] ? url + reference : reference
    await expect(resolve(full, change)).rejects.toMatchObject(refused(message, code))
  })

  test('and ends with the reason of the signal', async () => {
    const reason = new Error('stop')
    await expect(resolve(DATA, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const reading = resolve(`${url}/endless`, { signal: controller.signal, maxBytes: 1e9 })
    setImmediate(() => controller.abort(reason))
    await expect(reading).rejects.toBe(reason)
  })

  test('unless an admin names an artifact of another key', async () => {
    const owner = { keyId: 'key_root', role: 'admin' } as const
    expect(await resolve('art_others001', { owner })).toEqual(PICTURE)
  })

  test('where nothing is kept and no bucket is read', async () => {
    const bare = { artifacts: undefined, objects: undefined }
    await expect(resolve('art_picture01', {}, bare)).rejects.toMatchObject(refused('does not exist'))
    await expect(resolve('s3://photos/a', {}, bare)).rejects.toMatchObject(refused('bucket', 'permission'))
  })
})

test.each([
  ['https://a.example/x', true],
  ['s3://bucket/key', true],
  ['art_0123456789', true],
  ['data:image/png;base64,AA==', false],
  ['s3://bucket', false],
  ['art_../x', false],
  ['a text', false],
])('%s is a reference: %s', (text, expected) => expect(isReference(text)).toBe(expected))
