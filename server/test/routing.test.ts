import type { ErrorCode } from '@turnout/contract'
import { describe, expect, test, vi } from 'vitest'
import { DEFAULT_TIMEOUTS } from '../src/core/deployment.ts'
import { TurnoutError } from '../src/core/error.ts'
import { DEFAULT_FALLBACK, type Route } from '../src/core/route.ts'
import type { Needs } from '../src/core/routing/needs.ts'
import { candidateOf, NEEDS, routeOf } from '../src/core/routing/testing.ts'
import { HealthMonitor } from '../src/gateway/health.ts'
import type { RelayClient, Running } from '../src/gateway/relay/types.ts'
import type { Leg } from '../src/gateway/routing/chain.ts'
import { Fallback } from '../src/gateway/routing/fallback.ts'
import { DeploymentHealth, observers } from '../src/gateway/routing/health.ts'
import { type About, Router } from '../src/gateway/routing/router.ts'
import { withFallback } from '../src/gateway/routing/with-fallback.ts'
import { OriginPools } from '../src/lib/http/pools.ts'
import type { Registry } from '../src/registry/types.ts'

const clock = { now: 1_000_000_000 }
const newRouter = () => new Router(new DeploymentHealth({ now: () => clock.now }), () => 0)

/** An attempt of a leg as a meter would make it. */
function attempt(router: Router, { deployment, trail }: Leg, error?: TurnoutError): void {
  const startedAt = clock.now
  trail?.begin()
  router.health.attemptBegan(deployment)
  clock.now += 10
  const more = { startedAt, latencyMs: 10, firstPartMs: undefined, retryAfterMs: error?.retryAfterMs }
  router.health.attemptEnded(deployment, { ...more, errorCode: error?.code })
  if (!error) return
  trail?.failed(deployment, error.code, 10)
  throw error
}

/** Asks each deployment, which fails as it is told; resolves to those that were asked. */
async function ask(router: Router, route: Route, errors: Record<string, TurnoutError>, needs: Needs = NEEDS) {
  const asked: string[] = []
  const legs: Leg[] = []
  const had = await withFallback(router, { route, needs: () => needs }, FOREVER, async (leg) => {
    asked.push(leg.deployment.id)
    legs.push(leg)
    attempt(router, leg, errors[leg.deployment.id])
    return leg.deployment.id
  }).catch((error: unknown) => error as TurnoutError)
  return { asked, legs, had }
}

/** Nobody goes away. */
const FOREVER = new AbortController().signal

const error = (code: ConstructorParameters<typeof TurnoutError>[0], options = {}) =>
  new TurnoutError(code, `It said ${code}.`, { provider: 'house', ...options })
const abc = ['a', 'b', 'c'].map((id) => candidateOf(id))

describe('the way from one deployment to the next', () => {
  test('a deployment that is a member twice is asked once', async () => {
    const { asked } = await ask(newRouter(), routeOf([...abc, ...abc]), { a: error('timeout'), b: error('billing') })
    expect(asked).toEqual(['a', 'b', 'c'])
  })

  test('a conversation that was too long is not sent to one that is no larger', async () => {
    const sized = [1_000, 900, 2_000].map((contextTokens, at) => candidateOf('abc'[at]!, { limits: { contextTokens } }))
    const tooLong = error('invalid_input', { upstreamCode: 'context_length_exceeded' })
    expect((await ask(newRouter(), routeOf(sized), { a: tooLong })).asked).toEqual(['a', 'c'])
  })

  test('all failures are told, and the first one gives its code', async () => {
    const errors = { a: error('overloaded', { upstreamStatus: 503 }), b: error('authentication'), c: error('timeout') }
    const { had } = await ask(newRouter(), routeOf(abc), errors)
    expect(had).toMatchObject({
      code: 'overloaded',
      status: 503,
      message: 'It said overloaded.',
      upstreamStatus: 503,
      details: {
        attempts: ['overloaded', 'authentication', 'timeout'].map((code, at) => {
          return { deployment: 'abc'[at], provider: 'house', code, latencyMs: 10 }
        }),
      },
    })
  })

  test('a failure that nobody else can make good is told, whatever came before', async () => {
    const { had, asked } = await ask(newRouter(), routeOf(abc), { a: error('overloaded'), b: error('content_policy') })
    expect(had).toMatchObject({ code: 'content_policy' })
    expect(asked).toEqual(['a', 'b'])
  })

  test.each(['canceled', 'internal', 'unknown_outcome', 'budget_exceeded', 'invalid_input'] as const)(
    '%s ends it',
    async (code) => {
      expect((await ask(newRouter(), routeOf(abc), { a: error(code) })).asked).toEqual(['a'])
    },
  )

  test('one that refuses before it is called does not count', async () => {
    const router = newRouter()
    const route = routeOf(abc, { fallback: { ...DEFAULT_FALLBACK, max: 0 } })
    const { value } = await withFallback(router, { route, needs: () => NEEDS }, FOREVER, async (leg) => {
      if (leg.deployment.id !== 'c') throw error('capability_missing')
      attempt(router, leg)
      return leg.deployment.id
    })
    expect(value).toBe('c')
  })

  test('and when all of them do, each is named', async () => {
    const refuse = async (): Promise<never> => {
      throw error('capability_missing')
    }
    const refused = withFallback(newRouter(), { route: routeOf(abc), needs: () => NEEDS }, FOREVER, refuse)
    await expect(refused).rejects.toMatchObject({
      code: 'capability_missing',
      message: expect.stringContaining('a refuses it: It said capability_missing.'),
      details: { candidates: [{ deployment: 'a' }, { deployment: 'b' }, { deployment: 'c' }] },
    })
  })

  test('members that cannot be used are named too', async () => {
    const route = routeOf([candidateOf('a', { capabilities: { tools: false } })], {
      unavailable: [{ model: 'old', reason: 'It is retired.' }],
    })
    const { had } = await ask(newRouter(), route, {}, { ...NEEDS, capabilities: ['tools'] })
    expect(had).toMatchObject({
      code: 'capability_missing',
      message:
        'No member of pool:test can serve this request: a does not call tools; old cannot be used: It is retired.',
    })
  })

  test('a single model goes its way without any of it', async () => {
    const { legs, had } = await ask(newRouter(), { ...routeOf([candidateOf('a')]), pool: undefined }, {})
    expect(had).toEqual({ value: 'a', fallbacks: 0 })
    expect(legs[0]!.trail).toBeUndefined()
  })
})

describe('patience', () => {
  const times = async (route: Route) => {
    const { legs } = await ask(newRouter(), route, { a: error('timeout'), b: error('timeout') })
    return legs.map(({ deployment }) => deployment.timeouts.firstPartMs)
  }

  test('is less while somebody else could be asked', async () => {
    expect(await times(routeOf(abc))).toEqual([15_000, 15_000, DEFAULT_TIMEOUTS.firstPartMs])
    expect(await times(routeOf(abc, { fallback: { ...DEFAULT_FALLBACK, max: 1 } }))).toEqual([15_000, 120_000])
  })

  test('is what was configured where it was', async () => {
    const own = { ...DEFAULT_TIMEOUTS, firstPartMs: 90_000 }
    const a = candidateOf('a')
    const configured = { ...a, deployment: { ...a.deployment, timeouts: own } }
    const stated = candidateOf('b', { timeouts: { firstPartMs: 120_000 } })
    expect(await times(routeOf([configured, stated, candidateOf('c')]))).toEqual([90_000, 120_000, 120_000])
  })

  test('ends with the deadline', async () => {
    const chain = newRouter().chain(routeOf(abc, { fallback: { ...DEFAULT_FALLBACK, deadlineMs: 1 } }), NEEDS)
    const first = chain.next()!
    first.trail!.begin()
    expect(chain.goesOn(error('timeout'))).toBe(true)
    while (Date.now() < first.trail!.by) await new Promise((resolve) => setImmediate(resolve))
    expect(chain.next()).toBeUndefined()
    expect(first.trail!.pause(first.deployment, error('overloaded', { upstreamStatus: 503 }), 0)).toBeNull()
  })
})

describe('a deployment that comes back', () => {
  test('is tried by one request while the others go on without it', async () => {
    const router = newRouter()
    const route = routeOf(abc)
    await ask(router, route, { a: error('authentication') })
    expect((await ask(router, route, {})).asked).toEqual(['b'])
    clock.now += 60_000
    const probe = router.chain(route, NEEDS).next()!
    expect(probe.deployment.id).toBe('a')
    router.health.attemptBegan(probe.deployment)
    expect((await ask(router, route, {})).asked).toEqual(['b'])
    const verdict = { startedAt: clock.now, latencyMs: 5, firstPartMs: 5, retryAfterMs: undefined }
    router.health.attemptEnded(probe.deployment, { ...verdict, errorCode: undefined })
    expect((await ask(router, route, {})).asked).toEqual(['a'])
  })

  test('is not asked again on the spot once others have found it down', async () => {
    const router = newRouter()
    const chain = router.chain(routeOf(abc), NEEDS)
    const { deployment, trail } = chain.next()!
    const down = error('overloaded', { upstreamStatus: 503 })
    expect(trail!.pause(deployment, down, 0)).not.toBeNull()
    router.health.limitReached(deployment, clock.now + 1_000)
    expect(trail!.pause(deployment, down, 0)).toBeNull()
  })

  test('is forgotten with its model, unless an operator has taken it out', () => {
    const { health } = newRouter()
    health.of('gone').failures = 1
    health.of('kept').failures = 1
    health.of('drained').drained = true
    health.retain(new Set(['kept']))
    expect(health.find('gone')).toBeUndefined()
    expect(health.find('kept')?.failures).toBe(1)
    expect(health.find('drained')?.drained).toBe(true)
  })
})

describe('every choice', () => {
  const chosen = (level: string, about: About) => {
    const debug = vi.fn()
    const isLevelEnabled = (asked: string) => asked === level
    const router = new Router(new DeploymentHealth({ now: () => clock.now }), () => 0, { debug, isLevelEnabled })
    router.health.of('b').drained = true
    router.health.limitReached(abc[0]!.deployment, clock.now + 60_000)
    const assignment = { experiment: 'style', variant: 'bold' }
    router.chain(routeOf(abc, { strategy: 'weighted', assignment }), NEEDS, about)
    return debug.mock.calls
  }

  test('is logged with its reason, where somebody wants to know', () => {
    const about = { requestId: 'req_1', session: 'conversation of somebody' }
    const details = {
      requestId: 'req_1',
      route: 'pool:test',
      pool: 'test',
      strategy: 'weighted',
      by: 'session',
      experiment: 'style',
      variant: 'bold',
      order: [{ deployment: 'c' }, { deployment: 'a', state: 'cooling' }],
      skipped: [{ deployment: 'b', code: 'drained' }],
    }
    expect(chosen('debug', about)).toEqual([[details, 'selection']])
    expect(chosen('debug', {})).toMatchObject([[{ by: 'strategy' }, 'selection']])
    expect(chosen('info', about)).toEqual([])
  })
})

describe('the health of a provider', () => {
  test.each(['stream_interrupted', 'invalid_output', 'timeout'] as const)(
    'counts %s, and one success ends it',
    (code) => {
      const registry = { snapshot: { providers: new Map() } } as unknown as Registry
      const adapters = new Map()
      const pools = new OriginPools()
      const health = new HealthMonitor({ registry, adapters, pools, emulated: false, ready: () => ({ ready: true }) })
      const verdict = { startedAt: clock.now, latencyMs: 5, firstPartMs: undefined, retryAfterMs: undefined }
      const [a] = abc
      const told = observers(health, new DeploymentHealth())
      const end = (errorCode: ErrorCode | undefined) => told.attemptEnded(a!.deployment, { ...verdict, errorCode })
      for (let n = 0; n < 3; n += 1) end(code)
      end('canceled')
      expect(health.of('house')).toMatchObject({ reachable: false, lastError: { code } })
      end(undefined)
      expect(health.of('house').reachable).toBe(true)
      health.stopping()
    },
  )
})

describe('what a client gets', () => {
  /** A client that notes what it is told. */
  function listener() {
    const told: string[] = []
    const client: RelayClient = {
      answer: (head) => told.push(`answer of ${head.deployment.id}`),
      begin: (head) => told.push(`begin of ${head.deployment.id}`),
      write: (bytes) => {
        told.push(bytes.toString())
        return true
      },
      end: () => told.push('end'),
      fail: ({ code }, attempts) => told.push(`${code} after ${attempts}`),
    }
    return { told, client }
  }
  type Act = (client: RelayClient, leg: Leg) => void
  const running = (start: () => void): Running => ({ attempts: 1, start, cancel() {}, resume() {} })
  const play = (acts: Record<string, Act>) => {
    const { told, client } = listener()
    const chain = newRouter().chain(routeOf(abc), NEEDS)
    const begin = (leg: Leg, to: RelayClient) =>
      running(() => {
        leg.trail!.begin()
        acts[leg.deployment.id]!(to, leg)
      })
    new Fallback(chain, begin, client).start()
    return told
  }
  const head = ({ deployment }: Leg) => ({ deployment, attempts: 1, contentType: 'text/event-stream' })
  const fails: Act = (client) => client.fail(error('timeout'), 1)

  test('is the answer of the first that gives one', () => {
    expect(play({ a: fails, b: (client, leg) => client.answer(head(leg), null, Buffer.alloc(0)) })).toEqual([
      'answer of b',
    ])
  })

  test('is one stream, which nobody continues unasked', () => {
    const cut: Act = (client, leg) => {
      client.begin(head(leg))
      client.write(Buffer.from('Hel'))
      client.fail(error('stream_interrupted'), 1)
    }
    expect(play({ a: fails, b: cut })).toEqual(['begin of b', 'Hel', 'stream_interrupted after 1'])
  })

  test('is one error when all have failed', () => {
    expect(play({ a: fails, b: fails, c: fails })).toEqual(['timeout after 3'])
  })
})
