import { describe, expect, test, vi } from 'vitest'
import type { TextPart } from '../../src/core/text.ts'
import type { Subject, TextSubject } from './subject.ts'
import { assembled, comparable, WAYS, waysOf } from './text.ts'
import { deserted, failureOf, type World } from './world.ts'

/** What a connection does to a text model's answer, and what the adapter makes of it. */
export function describeTrouble(subject: Subject, text: TextSubject, world: World): void {
  const ways = waysOf(subject, text, world)
  const { whole, streamed, parts } = ways
  const lacks = (fault: NonNullable<TextSubject['without']>[number]) => text.without?.includes(fault) === true
  /** The answer that the next ones are held against. */
  const healthy = async () => {
    const answer = comparable(await streamed())
    world.emulator.reset()
    return answer
  }

  describe('a stream', () => {
    test('is the same in pieces of one byte, in CRLF with comments, and slow to begin', async () => {
      const answer = await healthy()
      world.fail({ kind: 'split', bytes: 1 })
      expect(comparable(await streamed())).toEqual(answer)
      if (!lacks('crlf')) {
        world.emulator.reset()
        world.fail({ kind: 'crlf' })
        expect(comparable(await streamed())).toEqual(answer)
      }
      world.emulator.reset()
      world.fail({ kind: 'slow-first-part', ms: 30 })
      expect(comparable(await streamed())).toEqual(answer)
    })

    test('that is cut never looks finished', async () => {
      for (const afterChunks of [0, 1, 2, 5, 9]) {
        world.fail({ kind: 'cut', afterChunks })
        const { code, provider } = await failureOf(streamed())
        expect(['connection', 'invalid_output']).toContain(code)
        expect(provider).toBe(subject.adapter.id)
      }
    })

    test('that breaks off in an error is that error', async () => {
      for (const afterChunks of [0, 3]) {
        world.fail({ kind: 'error-event', afterChunks })
        expect(await failureOf(streamed())).toMatchObject({ code: text.streamError, provider: subject.adapter.id })
      }
    })

    test.each(text.inStream ?? [])('that breaks off in $name is $code', async ({ error, code }) => {
      world.fail({ kind: 'error-event', afterChunks: 2, error })
      expect(await failureOf(streamed())).toMatchObject({ code })
    })

    test('with a broken chunk is read over it, or fails as a whole', async () => {
      const { text: all } = await healthy()
      for (const atChunk of [0, 1, 4, 8]) {
        world.fail({ kind: 'malformed', atChunk })
        const result = await Array.fromAsync(parts()).then(assembled, (error: unknown) =>
          failureOf(Promise.reject(error)),
        )
        if (result instanceof Error) expect(result.code).toBe('invalid_output')
        else expect(all.length - result.text.length).toBeLessThan(40)
      }
    })

    test.skipIf(lacks('no-end-marker'))('without its end marker is whole where the answer was', async () => {
      const answer = await healthy()
      world.fail({ kind: 'no-end-marker' })
      expect(comparable(await streamed())).toEqual(answer)
    })

    test.skipIf(lacks('no-finish'))('without a finish reason is not whole', async () => {
      world.fail({ kind: 'no-finish' })
      expect(await failureOf(streamed())).toMatchObject({ code: 'invalid_output' })
    })

    test('stops at the provider when its reader leaves', async () => {
      world.fail({ kind: 'stall', afterChunks: 8 })
      for await (const { type } of parts()) if (type === 'text-delta') break
      await vi.waitFor(() => expect(world.emulator.aborted()).toHaveLength(1))
    })

    test('that stalls is given up when the caller says so', async () => {
      world.fail({ kind: 'stall', afterChunks: 8 })
      const leaving = new AbortController()
      const reason = new Error('enough')
      const seen: TextPart[] = []
      const reading = (async () => {
        for await (const part of parts({}, { signal: leaving.signal })) {
          seen.push(part)
          leaving.abort(reason)
        }
      })()
      await expect(reading).rejects.toBe(reason)
      expect(seen.length).toBeGreaterThan(0)
      expect(seen.map(({ type }) => type)).not.toContain('finish')
      await vi.waitFor(() => expect(world.emulator.aborted()).toHaveLength(1))
    })
  })

  describe('a buffered answer', () => {
    test('that is cut is a lost connection', async () => {
      world.fail({ kind: 'cut', afterChunks: 0 })
      expect(await failureOf(whole())).toMatchObject({ code: 'connection', delivered: true })
    })

    test('that is broken is no answer', async () => {
      world.fail({ kind: 'malformed', atChunk: 0 })
      expect(await failureOf(whole())).toMatchObject({ code: 'invalid_output' })
    })

    test('of status 200 may be an error', async () => {
      world.fail({ kind: 'error-event', afterChunks: 0 })
      const { code } = await failureOf(whole())
      expect([text.streamError, 'invalid_output']).toContain(code)
    })

    test('comes in pieces of one byte', async () => {
      const answer = await healthy()
      world.fail({ kind: 'split', bytes: 1 })
      expect(comparable(await whole())).toEqual(answer)
    })
  })

  describe.each(WAYS)('%s', (way) => {
    const ask = (more = {}, signal?: AbortSignal) =>
      way === 'whole'
        ? whole(more, signal && { signal })
        : Array.fromAsync(parts(more, signal && { signal })).then(assembled)

    test.skipIf(lacks('no-usage'))('without usage, no tokens are made up', async () => {
      world.fail({ kind: 'no-usage' })
      const { usage, reason } = await ask()
      expect(reason).toBe('stop')
      expect(usage.inputTokens).toBeUndefined()
      expect(usage.outputTokens).toBeUndefined()
    })

    test('a reset connection may have delivered the request', async () => {
      world.fail({ kind: 'reset' })
      expect(await failureOf(ask())).toMatchObject({
        code: 'connection',
        delivered: true,
        retryable: true,
        provider: subject.adapter.id,
      })
    })

    test('a refused connection has delivered nothing', async () => {
      const { pathname } = new URL(world.connect().baseUrl)
      const baseUrl = (await deserted()) + pathname
      const work = way === 'whole' ? whole({}, { baseUrl }) : Array.fromAsync(parts({}, { baseUrl }))
      expect(await failureOf(work)).toMatchObject({ code: 'connection', delivered: false })
    })

    test('silence ends with the deadline of the caller', async () => {
      const signal = world.silence()
      await expect(ask({}, signal)).rejects.toSatisfy((error) => error === signal.reason)
      await vi.waitFor(() => expect(world.emulator.aborted()).toHaveLength(1))
    })

    test('a caller that has left is not served', async () => {
      const reason = new Error('gone')
      await expect(ask({}, AbortSignal.abort(reason))).rejects.toBe(reason)
      expect(world.emulator.requests()).toEqual([])
    })
  })
}
