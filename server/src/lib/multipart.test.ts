import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeMultipart, MultipartError, multipartBoundary, parseMultipart } from './multipart.ts'

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['multipart/form-data; charset=utf-8; boundary="a b"', 'a b'],
  ['Multipart/Form-Data;boundary=x', 'x'],
  ['multipart/form-data', undefined],
  ['application/json; boundary=x', undefined],
])('the boundary of %j is %j', (type, boundary) => {
  expect(multipartBoundary(type)).toBe(boundary)
})

test('reads what a browser and fetch send', async () => {
  const form = new FormData()
  form.append('model', 'gpt-image-2')
  form.append('prompt', 'Straßenbahn\r\nbei Nacht')
  form.append('image[]', new Blob([new Uint8Array([0, 13, 10, 45, 45, 255])], { type: 'image/png' }), 'a "b".png')
  const request = new Request('http://localhost', { method: 'POST', body: form })
  const body = Buffer.from(await request.clone().arrayBuffer())
  const parts = parseMultipart(body, multipartBoundary(request.headers.get('content-type')!)!)
  expect(parts.map(({ name }) => name)).toEqual(['model', 'prompt', 'image[]'])
  expect(parts[1]!.data.toString()).toBe('Straßenbahn\r\nbei Nacht')
  expect(parts[2]).toMatchObject({ contentType: 'image/png' })
  expect([...parts[2]!.data]).toEqual([0, 13, 10, 45, 45, 255])
})

test.each([
  ['nothing here', 'boundary'],
  ['--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue', 'middle of a part'],
  ['--x\r\nContent-Type: text/plain\r\n\r\nvalue\r\n--x--\r\n', 'no Content-Disposition'],
  ['--x\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n--x--\r\n', 'no name'],
])('%j is refused', (body, reason) => {
  expect(() => parseMultipart(Buffer.from(body), 'x')).toThrow(MultipartError)
  expect(() => parseMultipart(Buffer.from(body), 'x')).toThrow(reason)
})

test('parts survive being written and read', () => {
  const part = fc.record({
    name: fc.stringMatching(/^[a-z[\]]{1,10}$/),
    filename: fc.option(fc.stringMatching(/^[a-z.]{1,10}$/), { nil: undefined }),
    contentType: fc.constantFrom(undefined, 'image/png'),
    data: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  })
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const boundary = 'boundary-that-no-part-holds'
      expect(parseMultipart(encodeMultipart(parts, boundary), boundary)).toEqual(parts)
    }),
  )
})
