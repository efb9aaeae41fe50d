import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mp4 } from '../src/artifacts/testing/films.ts'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

const PNG = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#3060c0' } })
  .png()
  .toBuffer()
const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><script>alert(1)</script></svg>')

let gateway: TestGateway
let ann: string
let bob: string
let viewer: string
beforeAll(async () => {
  gateway = await startGateway({
    env: { TURNOUT_MAX_PICTURE: '2mb', TURNOUT_MAX_VIDEO: '3mb', TURNOUT_UPLOAD_QUOTA: '8mb' },
  })
  const create = async (role: string) =>
    (await gateway.api('POST', '/api/keys', { name: role, role, owner: `${role}-owner` })).body.data.secret as string
  ;[ann, bob, viewer] = await Promise.all([create('user'), create('user'), create('viewer')])
})
afterAll(() => gateway.close())

interface Sent {
  key?: string
  type?: string
  query?: string
}

type Body = Buffer | string | FormData

async function send(body: Body, { key = ann, type, query = '' }: Sent = {}) {
  const headers = { authorization: `Bearer ${key}`, ...(type && { 'content-type': type }) }
  const answer = await fetch(`${gateway.url}/api/files${query}`, { method: 'POST', headers, body: body as string })
  return { status: answer.status, body: (await answer.json()) as Awaited<ReturnType<TestGateway['api']>>['body'] }
}

async function upload(bytes: Buffer, sent: Sent = {}) {
  const { status, body } = await send(bytes, { type: 'image/png', ...sent })
  expect([status, body.error]).toEqual([201, undefined])
  return body.data
}

function form(bytes: Buffer, filename: string, field = 'file'): FormData {
  const data = new FormData()
  data.append('purpose', 'vision')
  data.append(field, new File([new Uint8Array(bytes)], filename, { type: 'text/html' }))
  return data
}

const kept = async () =>
  (await readdir(join(gateway.dataDir, 'artifacts'), { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  ).length

describe('an upload', () => {
  test('as a form is known by its content', async () => {
    const { status, body } = await send(form(PNG, 'Bär 1.html'))
    expect(status).toBe(201)
    expect(body.data).toMatchObject({
      kind: 'upload',
      filename: 'Bär 1.html',
      user: 'user-owner',
      mediaType: 'image/png',
      bytes: PNG.length,
      sha256: createHash('sha256').update(PNG).digest('hex'),
      width: 60,
      height: 40,
    })
    const answer = await fetch(body.data.url)
    expect(answer.headers.get('content-disposition')).toBe(
      `inline; filename="B_r 1.html"; filename*=UTF-8''B%C3%A4r%201.html`,
    )
    expect(answer.headers.get('content-type')).toBe('image/png')
  })

  test('as a body is taken with any content type, a film too', async () => {
    const film = mp4({ width: 320, height: 240, duration: 1_500 }, { frames: 2_500_000, factsLast: true })
    const data = await upload(film, { type: 'application/json', query: '?filename=film.mp4' })
    expect(data).toMatchObject({ filename: 'film.mp4', mediaType: 'video/mp4', width: 320, durationMs: 1_500 })
    expect(data.thumbnailUrl).toBeNull()
  })

  test.each([
    ['of nothing', Buffer.alloc(0), 400, 'has no bytes'],
    ['of a page', Buffer.from('<html></html>'), 400, 'is not a picture or a video'],
    ['of a picture that is too large', Buffer.concat([PNG, Buffer.alloc(2_200_000)]), 413, 'larger than 2097152 bytes'],
    ['that is too large for anything', randomBytes(9_000_000), 413, 'more bytes'],
  ])('%s is refused, as a body and as a form', async (_, bytes, status, message) => {
    const before = await kept()
    for (const body of [bytes, form(bytes, 'a.png')]) {
      const answer = await send(body, body instanceof FormData ? {} : { type: 'image/png' }).catch(() => undefined)
      // A client that still sends may see the connection close before it reads the answer.
      if (answer === undefined) continue
      expect([400, 413]).toContain(answer.status)
      if (!(body instanceof FormData)) expect(answer.status).toBe(status)
      expect(answer.body.error).toMatchObject({ code: 'invalid_input', details: { param: 'file' } })
      if (!(body instanceof FormData)) expect(answer.body.error.message).toContain(message)
    }
    expect(await kept()).toBe(before)
  })

  test('of a form without a file, or of a broken one, is refused', async () => {
    const none = new FormData()
    none.append('file', 'text')
    expect((await send(none)).body.error.message).toContain('file is required')
    const broken = await send('--x\r\nnonsense', { type: 'multipart/form-data; boundary=x' })
    expect([broken.status, broken.body.error.code]).toEqual([400, 'invalid_input'])
  })

  test('that its client breaks off leaves nothing', async () => {
    const before = (await gateway.api('GET', '/api/files', undefined, bob)).body.data.length
    const aborted = new Promise<void>((resolve) => {
      const sending = request(
        `${gateway.url}/api/files`,
        { method: 'POST', headers: { authorization: `Bearer ${bob}`, 'content-length': 1_000_000 } },
        () => {},
      )
      sending.on('error', () => resolve())
      sending.on('close', () => resolve())
      sending.write(PNG, () => setImmediate(() => sending.destroy()))
    })
    await aborted
    const unfinished = async () => (await readdir(join(gateway.dataDir, 'artifacts', '.unfinished'))).length
    await expect.poll(unfinished).toBe(0)
    expect((await gateway.api('GET', '/api/files', undefined, bob)).body.data).toHaveLength(before)
  })

  test('beyond the quota of the key is refused until something is deleted', async () => {
    const { body } = await gateway.api('POST', '/api/keys', { name: 'greedy', role: 'user' })
    const key = body.data.secret
    const large = Buffer.concat([PNG, randomBytes(2_000_000)])
    const ids: string[] = []
    for (let count = 0; count < 4; count += 1) ids.push((await upload(large, { key })).id)
    const refused = await send(form(large, 'a.png'), { key })
    expect([refused.status, refused.body.error.code]).toEqual([413, 'invalid_input'])
    expect((await gateway.api('DELETE', `/api/files/${ids[0]}`, undefined, key)).status).toBe(200)
    await upload(large, { key })
  })
})

describe('the bytes of an artifact', () => {
  let data: { id: string; url: string; thumbnailUrl: string; sha256: string }
  let bytes: Buffer
  beforeAll(async () => {
    bytes = Buffer.concat([PNG, randomBytes(100_000)])
    data = await upload(bytes)
  })
  const get = (url: string, headers: Record<string, string> = {}, method = 'GET') => fetch(url, { method, headers })

  test('come whole, and HEAD tells the same', async () => {
    const answer = await get(data.url)
    expect(answer.status).toBe(200)
    const told = Object.fromEntries(answer.headers)
    expect(told).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(bytes.length),
      'accept-ranges': 'bytes',
      etag: `"${data.sha256}"`,
      'x-content-type-options': 'nosniff',
      'content-disposition': `inline; filename="${data.id}.png"`,
      'cache-control': 'private, max-age=3600',
    })
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
    const head = await get(data.url, {}, 'HEAD')
    expect(head.status).toBe(200)
    for (const name of ['content-length', 'content-type', 'etag', 'accept-ranges', 'content-disposition']) {
      expect(head.headers.get(name)).toBe(told[name])
    }
    expect(await head.text()).toBe('')
  })

  test.each([
    ['bytes=0-9', 0, 9],
    ['bytes=100-', 100, undefined],
    ['bytes=-10', -10, undefined],
    ['bytes=50000-99999999', 50_000, undefined],
  ])('come in part: %s', async (range, from, to) => {
    const expected = bytes.subarray(from, to === undefined ? undefined : to + 1)
    const answer = await get(data.url, { range })
    expect(answer.status).toBe(206)
    const start = from < 0 ? bytes.length + from : from
    expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${start + expected.length - 1}/${bytes.length}`)
    expect(answer.headers.get('content-length')).toBe(String(expected.length))
    expect(Buffer.from(await answer.arrayBuffer()).equals(expected)).toBe(true)
    const head = await get(data.url, { range }, 'HEAD')
    expect([head.status, head.headers.get('content-length')]).toEqual([206, String(expected.length)])
  })

  test.each(['bytes=999999-', 'bytes=-0'])('end before %s', async (range) => {
    const answer = await get(data.url, { range })
    expect([answer.status, answer.headers.get('content-range')]).toEqual([416, `bytes */${bytes.length}`])
    expect(await answer.json()).toMatchObject({ success: false, error: { code: 'invalid_input' } })
  })

  test.each(['bytes=5-2', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=-', 'bytes=a-b'])('come whole for %s', async (range) => {
    const answer = await get(data.url, { range })
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(bytes.length)])
    await answer.body!.cancel()
  })

  test('come in part only of the version that the client has', async () => {
    const range = 'bytes=0-3'
    const same = await get(data.url, { range, 'if-range': `"${data.sha256}"` })
    const other = await get(data.url, { range, 'if-range': '"other"' })
    expect([same.status, other.status]).toEqual([206, 200])
    await Promise.all([same.body!.cancel(), other.body!.cancel()])
  })

  test('do not come where the client has them', async () => {
    for (const tag of [`"${data.sha256}"`, `W/"${data.sha256}"`, '*', `"a", "${data.sha256}"`]) {
      const answer = await get(data.url, { 'if-none-match': tag })
      expect([tag, answer.status, await answer.text()]).toEqual([tag, 304, ''])
    }
  })

  test('can be saved', async () => {
    const answer = await get(`${data.url}&download=1`)
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; /)
    await answer.body!.cancel()
  })

  test('have a thumbnail', async () => {
    const answer = await get(data.thumbnailUrl)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp'])
    expect(await sharp(await answer.arrayBuffer()).metadata()).toMatchObject({ width: 60, height: 40 })
    expect(answer.headers.get('etag')).not.toBe(`"${data.sha256}"`)
  })

  test('come for a link or a key that may see them, and for nothing else', async () => {
    const [bare] = data.url.split('?')
    const status = async (url: string, key?: string) => {
      const answer = await get(url, key ? { authorization: `Bearer ${key}` } : {})
      await answer.body?.cancel()
      return answer.status
    }
    expect(await status(bare!, ann)).toBe(200)
    expect(await status(bare!, ADMIN_KEY)).toBe(200)
    expect(await status(bare!, bob)).toBe(404)
    expect(await status(bare!, viewer)).toBe(404)
    expect(await status(bare!)).toBe(401)
    expect(await status(bare!, 'wrong')).toBe(401)
    expect(await status(data.url.replace(/expires=\d/, 'expires=9'))).toBe(403)
    expect(await status(`${data.url}x`)).toBe(403)
    expect(await status(`${data.url}x`, ADMIN_KEY)).toBe(403)
    expect(await status(data.url.replace('/content?', '/thumbnail?'))).toBe(403)
    expect(await status(data.url.replace(data.id, (await upload(PNG)).id))).toBe(403)
    expect(await status(`${gateway.url}/api/artifacts/..%2f..%2fetc/content`, ADMIN_KEY)).toBe(404)
  })

  test('that are a drawing run no script', async () => {
    const drawing = await upload(SVG, { query: '?filename=logo.svg' })
    const answer = await get(drawing.url)
    expect(answer.headers.get('content-type')).toBe('image/svg+xml')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    const policy = answer.headers.get('content-security-policy')!.split('; ')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain('sandbox')
    await answer.body!.cancel()
  })
})

describe('artifacts', () => {
  test('are listed, read and deleted by their owner and by admins', async () => {
    const mine = await upload(PNG, { key: bob, query: '?filename=mine.png' })
    const api = (method: string, path: string, key: string) => gateway.api(method, path, undefined, key)
    const list = await api('GET', '/api/files?type=image', bob)
    expect(list.body.data.map(({ id }: { id: string }) => id)).toContain(mine.id)
    const page = await api('GET', '/api/artifacts?limit=1', ADMIN_KEY)
    expect([page.body.data.length, typeof page.body.nextCursor]).toEqual([1, 'string'])
    const next = await api('GET', `/api/artifacts?limit=1&cursor=${page.body.nextCursor}`, ADMIN_KEY)
    expect(next.body.data[0].id).not.toBe(page.body.data[0].id)
    expect((await api('GET', '/api/artifacts?kind=output', bob)).body.data).toEqual([])
    const others = await api('GET', '/api/artifacts', ann)
    expect(others.body.data.map(({ id }: { id: string }) => id)).not.toContain(mine.id)
    expect((await api('GET', `/api/artifacts?keyId=${mine.keyId}`, ann)).status).toBe(403)
    expect((await api('GET', `/api/artifacts?keyId=${mine.keyId}`, ADMIN_KEY)).body.data[0].id).toBe(mine.id)
    for (const path of [`/api/files/${mine.id}`, `/api/artifacts/${mine.id}`]) {
      expect((await api('GET', path, bob)).body.data).toMatchObject({ id: mine.id, filename: 'mine.png' })
      expect((await api('GET', path, ADMIN_KEY)).status).toBe(200)
      expect((await api('GET', path, ann)).status).toBe(404)
      expect((await api('DELETE', path, ann)).status).toBe(404)
      expect((await api('DELETE', path, viewer)).status).toBe(403)
    }
    expect((await api('DELETE', `/api/artifacts/${mine.id}`, bob)).body.data.id).toBe(mine.id)
    expect((await api('GET', `/api/files/${mine.id}`, bob)).status).toBe(404)
    expect((await api('DELETE', `/api/artifacts/${mine.id}`, bob)).status).toBe(404)
    const gone = await fetch(mine.url)
    expect(gone.status).toBe(404)
    expect(await gone.json()).toMatchObject({ error: { code: 'not_found' } })
  })
})
