import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/core/adapter.ts'
import { ERRORS } from '../../src/core/error.ts'
import { mediaCall, untilDone } from './drive.ts'
import type { Failure, Subject } from './subject.ts'
import { user } from './text.ts'
import { credentialOf, failureOf, startStranger, toldSafely, type World } from './world.ts'

type Kind = NonNullable<Failure['to']>
type Ask = (overrides?: Partial<Connection>, model?: string) => Promise<unknown>

/** The shortest call of every kind that the adapter has. */
function asksOf({ adapter, text, image, video, embed }: Subject, world: World): Partial<Record<Kind, Ask>> {
  const connect = (own: { connection?: Partial<Connection> }, overrides: Partial<Connection> | undefined) =>
    world.connect(own.connection, overrides)
  return {
    ...(text && {
      text: (overrides, model = text.model) =>
        adapter.text!.generate({ model, messages: [user('Hello.')], ...text.call }, connect(text, overrides)),
    }),
    ...(image && {
      image: (overrides, model = image.model) =>
        adapter.image!.start({ ...mediaCall, count: 1, ...image.call, model }, connect(image, overrides)),
    }),
    ...(video && {
      video: (overrides, model = video.model) =>
        adapter.video!.start({ ...mediaCall, ...video.call, model }, connect(video, overrides)),
    }),
    ...(embed && {
      embed: (overrides, model = embed.model) =>
        adapter.embed!.embed({ model, texts: ['a tram'] }, connect(embed, overrides)),
    }),
  }
}

const ECHO = (secret: string) => `{"error":{"message":"Bad credential ${secret}"},"message":"Bad credential ${secret}"}`
const PAGE = '<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>'

/** What every provider's failures have in common, and the provider's own table of them. */
export function describeErrors(subject: Subject, world: World): void {
  const { adapter, failures, names, emptyMeans, wrong = 'wrong-credential-0815' } = subject
  const asks = asksOf(subject, world)
  const kinds = Object.entries(asks) as [Kind, Ask][]
  const first = kinds[0]![0]
  const credential = credentialOf(subject)

  /** Starts what is polled and lets the answer to the first poll go wrong. */
  const polled = async (kind: 'image' | 'video', fault: Parameters<World['fail']>[0], skip?: number) => {
    const media = subject[kind]!
    const connection = world.connect(media.connection)
    const call = { ...mediaCall, count: 1, ...media.call, model: media.model }
    const outcome = await adapter[kind]!.start(call, connection)
    world.emulator.faults.add({ fault, skip })
    return untilDone(outcome, adapter[kind]!, connection)
  }

  describe.runIf(failures.length > 0)('the table of errors', () => {
    test.each(failures.map((failure) => ({ ...failure, to: failure.to ?? first })))(
      '$name ($status) to $to is $code',
      async ({ status = 200, body, headers, code, to, polled: isPolled, after, told, retryAfterMs, retryable }) => {
        const fault = { kind: 'status' as const, status, body, headers }
        if (!isPolled) world.fail(fault)
        const error = await failureOf(isPolled ? polled(to as 'image' | 'video', fault, after) : asks[to]!())
        expect(error).toMatchObject({ code, provider: adapter.id, upstreamStatus: expect.any(Number) })
        expect(error.retryable).toBe(retryable ?? ERRORS[code].retryable)
        if (retryAfterMs !== undefined) expect(error.retryAfterMs).toBe(retryAfterMs)
        const message = toldSafely(error, credential)
        expect(message).toContain(told ?? adapter.id)
        if (names === undefined) expect(error.upstreamRequestId).toEqual(expect.stringMatching(/.{6}/))
      },
    )
  })

  describe.each(kinds)('failures of %s', (kind, ask) => {
    test('a wrong credential is told apart, and not told', async () => {
      const error = await failureOf(ask({ credential: wrong }))
      expect(error).toMatchObject({ code: 'authentication', retryable: false })
      toldSafely(error, wrong)
    })

    test.skipIf(subject.unknownModel?.[kind] === 'any')('a model that nobody knows', async () => {
      const error = await failureOf(ask({}, 'no-such-model-1'))
      expect(error).toMatchObject({ code: subject.unknownModel?.[kind] ?? 'model_not_found', retryable: false })
    })

    test.runIf(subject.signs)('the secret stays here', async () => {
      world.fail({ kind: 'status', status: 403 })
      await failureOf(ask())
      const [id, secret] = credential.split(':')
      expect([world.said(id!), world.said(secret!)]).toEqual([true, false])
    })

    test.skipIf(subject.signs)('an answer that quotes the credential does not reach the client with it', async () => {
      world.fail({ kind: 'status', status: 403, body: ECHO(credential) })
      const error = await failureOf(ask())
      expect(world.said(credential)).toBe(true)
      expect(error.message).toContain(credential)
      toldSafely(error, credential)
    })

    test.each([
      ['milliseconds before seconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
      ['seconds', { 'retry-after': '7' }, 7000],
    ])('a pause in %s is honoured', async (_name, headers, retryAfterMs) => {
      for (const status of [429, 503]) {
        world.fail({ kind: 'status', status, body: '{}', headers })
        expect(await failureOf(ask())).toMatchObject({ retryAfterMs, retryable: true })
      }
    })

    test('a pause until a date is honoured', async () => {
      world.fail({
        kind: 'status',
        status: 429,
        headers: { 'retry-after': new Date(Date.now() + 60_000).toUTCString() },
      })
      const { retryAfterMs } = await failureOf(ask())
      expect(retryAfterMs).toBeGreaterThan(30_000)
      expect(retryAfterMs).toBeLessThanOrEqual(60_000)
    })

    test('a provider that forbids another try is obeyed', async () => {
      world.fail({ kind: 'status', status: 500, headers: { 'x-should-retry': 'false' } })
      expect(await failureOf(ask())).toMatchObject({ code: 'upstream_error', retryable: false })
    })

    test('a redirect is not followed', async () => {
      const stranger = await startStranger()
      world.fail({ kind: 'status', status: 307, body: '', headers: { location: `${stranger.origin}/elsewhere?s=1` } })
      const error = await failureOf(ask())
      expect(error).toMatchObject({ code: 'upstream_error', retryable: false, upstreamStatus: 307 })
      expect(error.message).not.toContain('elsewhere')
      expect(stranger.heard).toEqual([])
      await stranger.close()
    })

    test.each([
      ['a page of a proxy', 502, PAGE, 'upstream_error', '502 Bad Gateway'],
      ['an empty 503', 503, '', 'overloaded', ''],
      ['an unheard-of client error', 418, 'short and stout', 'invalid_input', 'short and stout'],
      ['an unheard-of server error', 599, '[]', 'upstream_error', ''],
      ['JSON that is no object', 500, 'null', 'upstream_error', ''],
    ])('%s is told for what it is', async (_name, status, body, code, told) => {
      world.fail({ kind: 'status', status, body })
      const error = await failureOf(ask())
      expect(error).toMatchObject({ code, upstreamStatus: status, message: expect.stringContaining(told) })
      expect(error.message).not.toMatch(/null|\[\]/)
    })

    test.each([PAGE, '', 'null', '[]', '{}', '"a text"'])(
      'an answer of status 200 that is %j is none',
      async (body) => {
        if (body === '{}' && emptyMeans?.[kind] === 'any') return
        world.fail({ kind: 'status', status: 200, body })
        expect(await failureOf(ask())).toMatchObject({
          code: (body === '{}' && emptyMeans?.[kind]) || 'invalid_output',
        })
      },
    )

    test('an answer that is packed although nobody asked is refused, not guessed at', async () => {
      world.fail({ kind: 'status', status: 200, body: 'xxxx', headers: { 'content-encoding': 'br' } })
      expect(await failureOf(ask())).toMatchObject({ code: 'invalid_output', message: expect.stringContaining('br') })
    })
  })
}
