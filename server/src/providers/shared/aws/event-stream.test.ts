import { describe, expect, test } from 'vitest'
import type { TransportResponse } from '../../../core/adapter.ts'
import { collect } from '../../testing/connection.ts'
import { inPieces } from '../../testing/wire.ts'
import { awsMessages } from './event-stream.ts'
import { errorFrame, eventFrame, exceptionFrame } from './testing.ts'

const RESPONSE = { status: 200, headers: { 'x-amzn-requestid': 'r-1' } }

async function* from(pieces: Iterable<Uint8Array>) {
  yield* pieces
}

async function read(pieces: Iterable<Uint8Array>) {
  const response = { ...RESPONSE, body: from(pieces) } as unknown as TransportResponse
  const messages = await collect(awsMessages({ response, cut: () => {} }, () => false, 'aws'))
  return messages.flat().map(({ body, ...rest }) => ({ ...rest, body: body.toString() }))
}

const LONG = { text: 'é'.repeat(40_000) }
const STREAM = Buffer.concat([
  eventFrame('first', { a: 'ß' }),
  eventFrame('long', LONG),
  exceptionFrame('throttlingException', { message: 'slow down' }),
  errorFrame('InternalFailure', 'no'),
])

describe('an event stream', () => {
  test('is the same however it is cut', async () => {
    const whole = await read([STREAM])
    expect(whole).toEqual([
      { kind: 'event', name: 'first', message: undefined, body: '{"a":"ß"}' },
      { kind: 'event', name: 'long', message: undefined, body: JSON.stringify(LONG) },
      { kind: 'exception', name: 'throttlingException', message: undefined, body: '{"message":"slow down"}' },
      { kind: 'error', name: 'InternalFailure', message: 'no', body: '' },
    ])
    for (const [seed, longest] of [1, 2, 3, 17, 5_000].entries()) {
      expect(await read(inPieces(STREAM, longest, seed + 1))).toEqual(whole)
    }
  })

  test('ends without the frame that was cut', async () => {
    expect(await read([STREAM.subarray(0, STREAM.length - 1)])).toHaveLength(3)
  })

  test.each([
    ['its beginning', 6],
    ['its headers', 20],
    ['its body', -8],
    ['its checksum', -1],
  ])('a frame with an error in %s is no frame', async (_, at) => {
    const broken = Buffer.from(eventFrame('first', { a: 1 }))
    const place = at < 0 ? broken.length + at : at
    broken[place] = broken[place]! ^ 1
    const error = { code: 'invalid_output', upstreamRequestId: 'r-1', provider: 'aws' }
    await expect(read([eventFrame('good', {}), broken])).rejects.toMatchObject(error)
  })

  test.each([3, 0x7fffffff])('a length of %i is not waited for', async (length) => {
    const broken = Buffer.from(eventFrame('first', {}))
    broken.writeUInt32BE(length)
    await expect(read([broken])).rejects.toMatchObject({ code: 'invalid_output' })
  })
})
