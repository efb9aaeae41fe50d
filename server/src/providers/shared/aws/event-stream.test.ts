import { EventStreamCodec, type MessageHeaders } from '@smithy/eventstream-codec'
import fc from 'fast-check'
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

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes as Uint8Array).toString(),
  (text) => Buffer.from(text),
)

const text = fc.record({ type: fc.constant('string' as const), value: fc.string({ unit: 'grapheme', maxLength: 20 }) })
/** Headers of every type that there is. */
const anyHeader = fc.oneof(
  text,
  fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
  fc.record({ type: fc.constant('byte' as const), value: fc.integer({ min: -128, max: 127 }) }),
  fc.record({ type: fc.constant('short' as const), value: fc.integer({ min: -32_768, max: 32_767 }) }),
  fc.record({ type: fc.constant('integer' as const), value: fc.integer() }),
  fc.record({ type: fc.constant('binary' as const), value: fc.uint8Array({ maxLength: 20 }) }),
  fc.record({ type: fc.constant('uuid' as const), value: fc.uuid() }),
  fc.record({
    type: fc.constant('timestamp' as const),
    value: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
  }),
)
const said = [':message-type', ':event-type', ':exception-type', ':error-code', ':error-message'] as const
const headers = fc
  .tuple(
    fc.record(Object.fromEntries(said.map((name) => [name, text])), { requiredKeys: [] }),
    fc.dictionary(fc.stringMatching(/^[:a-z-]{1,20}$/), anyHeader, { maxKeys: 4, noNullPrototype: true }),
  )
  .map(([known, others]) => Object.entries({ ...others, ...known }))
  .chain((entries) => fc.shuffledSubarray(entries, { minLength: entries.length }))
  .filter((entries) => entries.every(([name, header]) => !said.includes(name as never) || header?.type === 'string'))

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

  test('is read as the library of AWS’s own clients reads it, with headers of any type', async () => {
    const message = fc.record({ headers, body: fc.uint8Array({ maxLength: 50 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 3 }), fc.nat(99), async (messages, seed) => {
        const frames = messages.map((each) => {
          const all = Object.fromEntries(each.headers) as MessageHeaders
          return codec.encode({ headers: all, body: each.body })
        })
        const theirs = frames.map((frame) => {
          const { headers: own, body } = codec.decode(frame)
          const value = (name: string) => own[name]?.value as string | undefined
          return {
            kind: value(':message-type') ?? 'event',
            name: value(':event-type') ?? value(':exception-type') ?? value(':error-code') ?? '',
            message: value(':error-message'),
            body: Buffer.from(body).toString(),
          }
        })
        expect(await read(inPieces(Buffer.concat(frames), 40, seed + 1))).toEqual(theirs)
      }),
      { numRuns: 100 },
    )
  })
})
