import { describe, expect, test } from 'vitest'
import type { Connection, MediaAdapter } from '../../core/adapter.ts'
import { TurnoutError, type TurnoutErrorOptions } from '../../core/error.ts'
import type { MediaDone, MediaOutcome, MediaPending } from '../../core/media.ts'
import { type Clock, drive } from './driver.ts'

type Step = MediaOutcome | TurnoutError | (() => MediaOutcome)

const pending = (more: Partial<MediaPending> = {}): MediaPending => ({
  status: 'pending',
  operation: { id: 'op_1' },
  pollAfterMs: 1_000,
  ...more,
})
const done = (more: Partial<MediaDone> = {}): MediaDone => ({
  status: 'done',
  media: [{ url: 'https://provider.example/a.png', mediaType: 'image/png' }],
  usage: { images: 1 },
  warnings: [],
  ...more,
})
const error = (code: ConstructorParameters<typeof TurnoutError>[0], options: TurnoutErrorOptions = {}) =>
  new TurnoutError(code, `${code} said the script.`, options)

/** A provider that answers by a script, on a clock that moves only when somebody waits. */
function world(script: readonly Step[], { cancel = true } = {}) {
  const log: string[] = []
  const waits: number[] = []
  const controller = new AbortController()
  let at = 0
  let next = 0
  const step = (what: string, connection: Connection): MediaOutcome => {
    log.push(what)
    if (connection.signal.aborted) throw connection.signal.reason
    const answer = script[next++]
    if (answer === undefined) throw new Error('the script is at its end')
    if (answer instanceof TurnoutError) throw answer
    return typeof answer === 'function' ? answer() : answer
  }
  const adapter: MediaAdapter<string> = {
    links: true,
    start: async (call, connection) => step(`start ${call}`, connection),
    poll: async (operation, connection) => step(`poll ${operation.id}`, connection),
    ...(cancel && {
      cancel: async (operation) => {
        log.push(`cancel ${operation.id}`)
      },
    }),
  }
  const clock: Clock = {
    now: () => at,
    async wait(ms, signal) {
      if (signal.aborted) throw signal.reason
      waits.push(ms)
      at += ms
    },
  }
  const connection = { provider: 'studio', signal: controller.signal } as Connection
  return { log, waits, controller, run: () => drive(adapter, 'call', connection, clock) }
}

describe('work', () => {
  test('that is done at once is never asked for', async () => {
    const { run, log } = world([done()])
    expect(await run()).toEqual(done())
    expect(log).toEqual(['start call'])
  })

  test('is started once and asked for until it is done, when the provider says that it is worth it', async () => {
    const { run, log, waits } = world([
      pending({ pollAfterMs: 2_000 }),
      pending({ operation: { id: 'op_2' }, pollAfterMs: 700 }),
      pending({ operation: { id: 'op_2' }, pollAfterMs: 20 }),
      done(),
    ])
    await run()
    expect(log).toEqual(['start call', 'poll op_1', 'poll op_2', 'poll op_2'])
    expect(waits).toEqual([2_000, 700, 250])
  })

  test('is asked for ever more seldom where the provider says nothing', async () => {
    const { run, waits } = world([...Array.from({ length: 12 }, () => pending({ pollAfterMs: 0 })), done()])
    await run()
    expect(waits[0]).toBe(500)
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
    expect(waits.at(-1)).toBe(5_000)
  })

  test('keeps what was said on the way', async () => {
    const { run } = world([
      pending({ providerCost: 30_000_000n, upstreamRequestId: 'req_start' }),
      pending({ operation: { id: 'op_1' } }),
      done(),
    ])
    expect(await run()).toMatchObject({ providerCost: 30_000_000n, upstreamRequestId: 'req_start' })
  })

  test('may say at the end that it cost something else', async () => {
    const { run } = world([pending({ providerCost: 1n }), done({ providerCost: 2n, upstreamRequestId: 'req_end' })])
    expect(await run()).toMatchObject({ providerCost: 2n, upstreamRequestId: 'req_end' })
  })
})

describe('a poll', () => {
  test.each([
    ['a lost connection', error('connection')],
    ['silence', error('timeout')],
    ['a server error', error('upstream_error', { upstreamStatus: 500 })],
    ['a gateway in between', error('upstream_error', { upstreamStatus: 502 })],
    ['overload', error('overloaded', { upstreamStatus: 503 })],
    ['too many requests', error('rate_limit', { upstreamStatus: 429 })],
    ['a limit that only the body tells', error('rate_limit', { upstreamStatus: 200 })],
  ])('that fails by %s is made again, the start never', async (_, trouble) => {
    const { run, log, waits } = world([pending(), trouble, trouble, trouble, done()])
    expect(await run()).toMatchObject({ status: 'done' })
    expect(log).toEqual(['start call', 'poll op_1', 'poll op_1', 'poll op_1', 'poll op_1'])
    expect(waits).toEqual([1_000, 500, 1_000, 2_000])
  })

  test('waits as long as the provider asks', async () => {
    const trouble = error('rate_limit', { upstreamStatus: 429, retryAfterMs: 9_000 })
    const { run, waits } = world([pending(), trouble, done()])
    await run()
    expect(waits).toEqual([1_000, 9_000])
  })

  test.each([
    ['withheld', error('content_policy', { upstreamStatus: 200 })],
    ['failed', error('upstream_error', { upstreamStatus: 200 })],
    ['refused', error('invalid_input', { upstreamStatus: 422 })],
    ['not to be tried again', error('upstream_error', { upstreamStatus: 500, retryable: false })],
  ])('that says the work was %s is the end, and what it cost is not known', async (_, said) => {
    const { run, log } = world([pending(), said])
    const { code, message } = said
    await expect(run()).rejects.toMatchObject({ code, message, providerCost: null })
    expect(log).toEqual(['start call', 'poll op_1'])
  })

  test.each([
    ['what it cost', { providerCost: 7n }],
    ['that it costs nothing', { providerCost: 0n }],
    ['what was used', { usage: { images: 1 } }],
  ])('that says %s of work that failed is believed', async (_, told) => {
    const said = error('content_policy', { upstreamStatus: 422, ...told })
    await expect(world([pending(), said]).run()).rejects.toBe(said)
  })

  test.each([
    ['that nobody may make any more', error('authentication', { upstreamStatus: 401 }), 1],
    ['for what cannot be found', error('model_not_found', { upstreamStatus: 404 }), 1],
  ])('%s leaves the outcome unknown', async (_, said, polls) => {
    const { run, log } = world([pending(), said])
    await expect(run()).rejects.toMatchObject({ code: 'unknown_outcome', retryable: false, upstreamStatus: undefined })
    expect(log).toHaveLength(1 + polls)
  })

  test('that never succeeds leaves the outcome unknown', async () => {
    const script = [pending(), ...Array.from({ length: 100 }, () => error('connection'))]
    const { run, waits } = world(script)
    await expect(run()).rejects.toMatchObject({ code: 'unknown_outcome', retryable: false })
    const total = waits.reduce((sum, ms) => sum + ms, 0)
    expect(total).toBeGreaterThanOrEqual(180_000)
    expect(Math.max(...waits)).toBe(15_000)
  })
})

describe('a start', () => {
  test.each([
    ['that is refused', error('rate_limit', { upstreamStatus: 429 })],
    ['that may have been accepted', error('connection')],
    ['that was not delivered', error('connection', { delivered: false })],
  ])('%s is not sent again from here', async (_, said) => {
    const { run, log } = world([said, done()])
    await expect(run()).rejects.toBe(said)
    expect(log).toEqual(['start call'])
  })

  test('that is cut off has nothing to be called off', async () => {
    const { run, log, controller } = world([])
    controller.abort(error('canceled'))
    await expect(run()).rejects.toMatchObject({ code: 'canceled' })
    expect(log).toEqual(['start call'])
  })
})

describe('when the time is up or the client has gone', () => {
  const gone = error('timeout')

  test('the work is called off once, and looked for once more', async () => {
    const { run, log, controller } = world([
      () => {
        controller.abort(gone)
        return pending()
      },
      pending(),
    ])
    await expect(run()).rejects.toBe(gone)
    expect(log).toEqual(['start call', 'cancel op_1', 'poll op_1'])
  })

  test('a late success is a success', async () => {
    const { run, log, controller } = world([
      pending({ providerCost: 5n }),
      () => {
        controller.abort(gone)
        return pending()
      },
      done(),
    ])
    expect(await run()).toMatchObject({ status: 'done', providerCost: 5n })
    expect(log).toEqual(['start call', 'poll op_1', 'cancel op_1', 'poll op_1'])
  })

  test('an adapter that cannot call anything off is asked all the same', async () => {
    const script: Step[] = [pending(), done()]
    const { run, log, controller } = world(script, { cancel: false })
    script[0] = () => {
      controller.abort(gone)
      return pending()
    }
    expect(await run()).toMatchObject({ status: 'done' })
    expect(log).toEqual(['start call', 'poll op_1'])
  })

  test('a poll that fails then changes nothing', async () => {
    const { run, controller } = world([
      () => {
        controller.abort(gone)
        return pending()
      },
      error('upstream_error', { upstreamStatus: 200 }),
    ])
    await expect(run()).rejects.toBe(gone)
  })
})
