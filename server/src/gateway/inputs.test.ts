import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SafeFetcher } from '../lib/http/safe-fetch.ts'
import { inlinePicture, pictureOf, readPicture, supplyPictures } from './inputs.ts'

const PNG = Buffer.from('\x89PNG\r\n\x1a\n and the rest of it', 'latin1')
const BYTES: Record<string, Buffer> = {
  'image/png': PNG,
  'image/jpeg': Buffer.from('\xff\xd8\xff\xe0 rest', 'latin1'),
  'image/webp': Buffer.from('RIFF\x00\x00\x00\x00WEBPVP8 ', 'latin1'),
  'image/gif': Buffer.from('GIF89a rest', 'latin1'),
}

let server: Server
let url: string
beforeAll(async () => {
  server = createServer((request, response) => {
    // What a server calls its bytes is hearsay.
    response.setHeader('content-type', 'text/html')
    response.end(request.url === '/page' ? '<html>' : BYTES[`image/${request.url!.slice(1)}`])
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://localhost:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const allowing = (...allowed: string[]) => ({ fetcher: new SafeFetcher({ allowed }) })
const { signal } = new AbortController()

test.each(Object.entries(BYTES))(
  '%s is known by its bytes, inline, as a file and at an address',
  async (mediaType, bytes) => {
    const picture = { base64: bytes.toString('base64'), mediaType }
    expect(pictureOf(bytes, 'image')).toEqual(picture)
    expect(readPicture(`data:text/plain;charset=x;base64,${picture.base64}`, 'image')).toEqual(picture)
    const at = `${url}/${mediaType.slice('image/'.length)}`
    expect(await inlinePicture(at, allowing('localhost'), signal)).toEqual(picture)
  },
)

test.each([
  ['a page', Buffer.from('<html>')],
  ['a drawing', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ['nothing', Buffer.alloc(0)],
])('%s is no picture that a model can read', (_, bytes) => {
  const refusal = expect.objectContaining({ code: 'invalid_input', param: 'images[1]' })
  expect(() => pictureOf(bytes, 'images[1]')).toThrow(refusal)
  expect(() => readPicture(`data:image/png;base64,${bytes.toString('base64')}`, 'images[1]')).toThrow(refusal)
})

test.each(['ftp://example.com/a.png', '/etc/passwd', 'data:image/png,plain', 'blob:x', ''])(
  '%j names no picture',
  (text) => expect(() => readPicture(text, 'mask')).toThrow('mask must be an http or https URL'),
)

describe('an address that a client has named', () => {
  test.each([
    ['is private', '/png', [], /localhost:\d+ is not on the public internet/],
    ['leads to a page', '/page', ['localhost'], /must be a PNG, JPEG, WebP or GIF/],
  ])('is refused where it %s, by the name of the field', async (_, path, allowed, message) => {
    await expect(inlinePicture(url + path, allowing(...allowed), signal, 'images[0]')).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'images[0]',
      message: expect.stringMatching(message),
    })
  })

  test('stays one where the provider fetches itself', async () => {
    const pictures = [{ url: `${url}/png` }, { base64: 'AA==', mediaType: 'image/png' }]
    expect(await supplyPictures(pictures, true, allowing(), signal, 'images')).toEqual(pictures)
    expect(await supplyPictures(pictures, false, allowing('localhost'), signal, 'images')).toEqual([
      { base64: PNG.toString('base64'), mediaType: 'image/png' },
      pictures[1],
    ])
  })
})
