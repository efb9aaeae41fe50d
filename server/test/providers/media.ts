import { describe, expect, test, vi } from 'vitest'
import type { Connection, MediaAdapter } from '../../src/core/adapter.ts'
import type { ImageCall, MediaDone, MediaPending, VideoCall } from '../../src/core/media.ts'
import { mediaTypeOfBytes } from '../../src/lib/media-type.ts'
import { bytesOf, mediaCall, untilDone } from './drive.ts'
import type { MediaSubject, Subject } from './subject.ts'
import { credentialOf, deserted, failureOf, startStranger, toldSafely, type World } from './world.ts'

type Call = ImageCall & VideoCall

/** What every image and video model does. */
export function describeMedia(kind: 'image' | 'video', subject: Subject, world: World): void {
  const media = subject[kind] as MediaSubject<Call>
  const adapter = subject.adapter[kind] as MediaAdapter<Call>
  const connect = (overrides?: Partial<Connection>) => world.connect(media.connection, overrides)
  const callOf = (more?: Partial<Call>): Call => ({
    ...mediaCall,
    ...((kind === 'image' ? { count: 1 } : {}) as { count: number }),
    ...media.call,
    ...more,
    model: media.model,
  })
  const start = (more?: Partial<Call>, overrides?: Partial<Connection>) =>
    adapter.start(callOf(more), connect(overrides))
  const make = async (more?: Partial<Call>, seen?: MediaPending[]): Promise<MediaDone> =>
    untilDone(await start(more), adapter, connect(), seen)
  const expectMedia = async ({ media: all }: MediaDone, count = 1) => {
    expect(all).toHaveLength(count)
    for (const one of all) {
      const bytes = await bytesOf(one, adapter, connect())
      expect(bytes.length).toBeGreaterThan(100)
      expect(one.mediaType).toBe(mediaTypeOfBytes(bytes))
    }
  }

  describe(kind, () => {
    test('is made, counted and named, and the credential stays with the provider', async () => {
      const seen: MediaPending[] = []
      const done = await make({}, seen)
      expect(done.warnings).toEqual([])
      expect(done.usage).toMatchObject({ ...(kind === 'image' && { images: 1 }), ...media.usage })
      expect(seen.length > 0).toBe(media.polled === true)
      expect(world.emulator.bill().calls).toBe(1)
      if (kind === 'image') expect(world.emulator.bill().images).toBe(1)
      else expect(done.usage.seconds).toBe(media.uncounted ? undefined : world.emulator.bill().seconds)
      if (media.providerCost !== undefined) {
        expect([...seen.map(({ providerCost }) => providerCost), done.providerCost]).toContain(media.providerCost)
      }
      if (subject.names !== 'nothing' && !media.unnamed) {
        const ids = [...seen, done].map(({ upstreamRequestId }) => upstreamRequestId)
        expect(ids.find((id) => id !== undefined)).toMatch(/.{6}/)
      }
      await expectMedia(done)
      expect(world.emulator.leaks()).toEqual([])
      const { origin } = new URL(connect().baseUrl)
      expect(world.sent.filter((each) => each.carriesCredential && each.origin !== origin)).toEqual([])
    })

    test.each(Object.entries(media.variants ?? {}))('is made %s', async (_, more) => {
      const done = await make(more)
      expect(done.warnings).toEqual([])
      await expectMedia(done)
    })

    test.skipIf(media.most === undefined)('several are made by one call', async () => {
      const done = await make({ count: media.most! })
      expect(done.usage.images).toBe(media.most)
      expect(world.emulator.bill()).toMatchObject({ calls: 1, images: media.most })
      await expectMedia(done, media.most)
    })

    test.each(media.unsupported ?? [])('says what it leaves out: $warning', async ({ call, warning }) => {
      expect((await make(call)).warnings).toEqual([expect.stringMatching(warning)])
    })

    test.skipIf(media.unmoderated)(
      'that is withheld is content_policy, with what is charged all the same',
      async () => {
        world.fail({ kind: 'moderated' })
        const error = await failureOf(make())
        expect(error).toMatchObject({ code: 'content_policy', retryable: false, provider: subject.adapter.id })
        expect(toldSafely(error, credentialOf(subject)).length).toBeGreaterThan(subject.adapter.id.length + 10)
        const { calls, images, inputTokens } = world.emulator.bill()
        expect(images).toBe(0)
        if (calls > 0) expect(error.usage).toEqual({ inputTokens })
        else expect(error).toMatchObject({ usage: undefined })
        expect(error.providerCost ?? 0n).toBe(0n)
      },
    )

    test('a lost answer may have been paid for', async () => {
      world.fail({ kind: 'reset', billed: true })
      expect(await failureOf(start())).toMatchObject({ code: 'connection', delivered: true })
      world.fail({ kind: 'cut', afterChunks: 0 })
      if (media.bytes) {
        const done = (await start()) as MediaDone
        await expect(bytesOf(done.media[0]!, adapter, connect())).rejects.toMatchObject({ code: 'connection' })
      } else expect(await failureOf(start())).toMatchObject({ code: 'connection', delivered: true })
      expect(world.emulator.requests().filter(({ method }) => method === 'POST')).toHaveLength(2)
    })

    test('a refused connection has delivered nothing', async () => {
      const { pathname } = new URL(connect().baseUrl)
      const baseUrl = (await deserted()) + pathname
      expect(await failureOf(start({}, { baseUrl }))).toMatchObject({ code: 'connection', delivered: false })
    })

    test.skipIf(media.bytes)('an answer that is broken is no answer', async () => {
      world.fail({ kind: 'malformed', atChunk: 0 })
      expect(await failureOf(start())).toMatchObject({ code: 'invalid_output', upstreamStatus: expect.any(Number) })
    })

    test('silence ends with the deadline of the caller', async () => {
      const signal = world.silence()
      await expect(start({}, { signal })).rejects.toSatisfy((error) => error === signal.reason)
      await vi.waitFor(() => expect(world.emulator.aborted()).toHaveLength(1))
    })

    test('a caller that has left is not served', async () => {
      const reason = new Error('gone')
      await expect(start({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      expect(world.emulator.bill().calls).toBe(0)
    })
  })

  if (!media.polled) return
  describe(`${kind} in the making`, () => {
    /** Work that has said once that it is not done. */
    const handIn = async () => {
      const { operation } = (await start()) as MediaPending
      const pending = await adapter.poll!(operation, connect())
      expect(pending.status).toBe('pending')
      return pending as MediaPending
    }
    const ask = ({ operation }: MediaPending, overrides?: Partial<Connection>) =>
      adapter.poll!(operation, connect(overrides))

    test('is asked for until it is done, however long that takes', async () => {
      world.fail({ kind: 'late-success', polls: 4 })
      const seen: MediaPending[] = []
      await expectMedia(await make({}, seen))
      expect(seen.length).toBeGreaterThanOrEqual(5)
      expect(world.emulator.bill().calls).toBe(1)
    })

    test('that fails is a failure that is final', async () => {
      world.fail({ kind: 'failed-task' })
      const error = await failureOf(make())
      expect(error).toMatchObject({ code: 'upstream_error', provider: subject.adapter.id })
      expect(error.message.length).toBeGreaterThan(subject.adapter.id.length + 10)
    })

    test.each([500, 503, 429])('is still there after a poll that failed with %i', async (status) => {
      const pending = await handIn()
      world.fail({ kind: 'status', status })
      expect(await failureOf(ask(pending))).toMatchObject({ retryable: true })
      await expectMedia(await untilDone(await ask(pending), adapter, connect()))
      expect(world.emulator.bill().calls).toBe(1)
    })

    test('is still there after a poll that was lost, broken or never answered', async () => {
      const pending = await handIn()
      world.fail({ kind: 'reset' })
      expect(await failureOf(ask(pending))).toMatchObject({ code: 'connection' })
      if (!media.wordless) {
        world.fail({ kind: 'malformed', atChunk: 0 })
        expect(await failureOf(ask(pending))).toMatchObject({ code: 'invalid_output' })
      }
      const signal = world.silence()
      await expect(ask(pending, { signal })).rejects.toSatisfy((error) => error === signal.reason)
      await expectMedia(await untilDone(await ask(pending), adapter, connect()))
    })

    test('that another account asks for is refused', async () => {
      const pending = await handIn()
      const error = await failureOf(ask(pending, { credential: subject.wrong ?? 'wrong-credential-0815' }))
      expect(error).toMatchObject({ code: media.strangerMeans ?? 'authentication' })
    })

    test.runIf(media.sealed)('whose result is gone says so when it is opened', async () => {
      world.fail({ kind: 'expired-result' })
      const { media: all } = await make()
      expect(all).toMatchObject([{ sealed: true }])
      expect(await failureOf(adapter.open!(all[0]!, connect()))).toMatchObject({ provider: subject.adapter.id })
    })

    test.skipIf(adapter.cancel === undefined)('is called off', async () => {
      const pending = await handIn()
      await adapter.cancel!(pending.operation, connect())
      const asked = ask(pending).then((outcome) => untilDone(outcome, adapter, connect()))
      expect(await failureOf(asked)).toMatchObject({ retryable: false })
    })

    test.skipIf(media.leadsTo === undefined)('never takes the credential to another host', async () => {
      const stranger = await startStranger()
      world.fail({ kind: 'status', status: 200, body: media.leadsTo?.(stranger.origin) })
      await make().catch(() => {})
      const heard = stranger.heard.join()
      for (const part of credentialOf(subject).split(':')) expect(heard).not.toContain(part)
      expect(
        world.sent.filter(({ origin, carriesCredential }) => carriesCredential && origin === stranger.origin),
      ).toEqual([])
      await stranger.close()
    })
  })
}
