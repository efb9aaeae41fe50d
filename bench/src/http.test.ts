import { expect, test } from 'vitest'
import { MessageReader } from './http.ts'

const SIZED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const CHUNKED =
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nx-cost: 1\r\n\r\n'
const BODILESS = 'GET /v1/models HTTP/1.1\r\nhost: upstream\r\n\r\n'

/** What a reader makes of bytes that come in pieces of a size: first line and body of each message. */
function read(text: string, pieceSize: number): string[] {
  const messages: string[] = []
  let current = ''
  const reader = new MessageReader({
    head: (head) => {
      current = `${head.split('\r\n')[0]}|`
    },
    data: (bytes) => {
      current += bytes.toString()
    },
    end: () => messages.push(current),
  })
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += pieceSize) reader.push(bytes.subarray(at, at + pieceSize))
  return messages
}

test.each([1, 2, 3, 7, 64, 10_000])('reads messages in a row that come %d bytes at a time', (pieceSize) => {
  expect(read(SIZED + CHUNKED + BODILESS + SIZED, pieceSize)).toEqual([
    'HTTP/1.1 200 OK|hello',
    'HTTP/1.1 200 OK|abc0123456789abcdef',
    'GET /v1/models HTTP/1.1|',
    'HTTP/1.1 200 OK|hello',
  ])
})

test('a message that is not whole has no end', () => {
  expect(read(SIZED.slice(0, -1), 8)).toEqual([])
  expect(read(CHUNKED.slice(0, -2), 8)).toEqual([])
})
