import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventFramer } from './sse.ts'

/** The events of a text that arrives in the given pieces. */
function read(pieces: Buffer[]): { name: string; data: string | undefined; raw: string }[] {
  const framer = new EventFramer()
  const events = pieces.flatMap((piece) =>
    framer
      .push(piece)
      .map(({ name, data, start, end }) => ({ name, data, raw: framer.bytes.toString('utf8', start, end) })),
  )
  return [...events, ...framer.flush().map(({ name, data }) => ({ name, data, raw: '' }))]
}

const dataOf = (text: string) => read([Buffer.from(text)]).map(({ data }) => data)

test.each([
  ['data: a\n\ndata: b\n\n', ['a', 'b']],
  ['data:a\n\n', ['a']],
  ['data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
  ['data: a\r\n\ndata: b\n\r\n', ['a', 'b']],
  [': ping\n\ndata: a\n\n', [undefined, 'a']],
  ['data: one\ndata: two\n\n', ['one\ntwo']],
  ['id: 7\nevent: x\ndata: a\n\n', ['a']],
  ['database: no\n\n', [undefined]],
  ['data: a\n\ndata: unfinished', ['a', 'unfinished']],
  ['data: a\n', ['a']],
  ['', []],
])('%j holds %j', (text, expected) => {
  expect(dataOf(text)).toEqual(expected)
})

test('an event has its name', () => {
  expect(read([Buffer.from('event: image.done\ndata: {}\n\n')])[0]).toMatchObject({ name: 'image.done', data: '{}' })
})

test('however the bytes are cut, the events and their bytes are the same', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'ä', '漢', '🚋', ':', ' ', '{', '"') })
  const line = fc
    .tuple(fc.constantFrom('data: ', 'data:', ': ', 'event: ', 'id: '), word)
    .map((parts) => parts.join(''))
  const event = fc.tuple(fc.array(line, { minLength: 1, maxLength: 3 }), fc.constantFrom('\n', '\r\n'))
  const stream = fc
    .array(event, { maxLength: 6 })
    .map((events) => events.map(([lines, end]) => lines.join(end) + end + end).join(''))
  fc.assert(
    fc.property(stream, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (text, sizes) => {
      const bytes = Buffer.from(text)
      const pieces: Buffer[] = []
      for (let at = 0, i = 0; at < bytes.length; i += 1) {
        const size = sizes[i % sizes.length]!
        pieces.push(bytes.subarray(at, at + size))
        at += size
      }
      expect(read(pieces)).toEqual(read([bytes]))
      expect(
        read(pieces)
          .map(({ raw }) => raw)
          .join(''),
      ).toBe(text)
    }),
  )
})

test('what is not yet whole is counted', () => {
  const framer = new EventFramer()
  framer.push(Buffer.from('data: a\n\ndata: b'))
  expect(framer.pending).toBe(7)
})
