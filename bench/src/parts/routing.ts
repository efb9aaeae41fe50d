import { STRATEGIES } from '@turnout/contract'
import { DEFAULT_FALLBACK, type Route } from 'turnout/src/core/route.ts'
import { chatNeeds } from 'turnout/src/core/routing/chat-needs.ts'
import type { Needs } from 'turnout/src/core/routing/needs.ts'
import type { RelayClient, Running } from 'turnout/src/gateway/relay/types.ts'
import { Fallback } from 'turnout/src/gateway/routing/fallback.ts'
import { DeploymentHealth } from 'turnout/src/gateway/routing/health.ts'
import { Router } from 'turnout/src/gateway/routing/router.ts'
import { atMost, type Row, type Section } from '../report.ts'
import type { Settings } from '../rig.ts'
import { median } from '../statistics.ts'
import { candidates } from './routing/pool.ts'

const MESSAGES = [
  { role: 'system' as const, content: 'Answer in one sentence.' },
  { role: 'user' as const, content: 'What is a turnout?'.repeat(50) },
]
const BODY = { model: 'pool:bench', messages: MESSAGES, stream: true }
const BODY_BYTES = 1_000

const routeOf = (size: number, strategy: Route['strategy']): Route => ({
  name: 'pool:bench',
  pool: 'bench',
  strategy,
  candidates: candidates(size),
  unavailable: [],
  fallback: DEFAULT_FALLBACK,
  degrade: false,
})

/** The middle of several rounds, in microseconds of processor time for one call. */
function cost(rounds: number, calls: number, call: () => void): number {
  for (let n = 0; n < calls; n += 1) call()
  const times = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage()
    for (let n = 0; n < calls; n += 1) call()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / calls
  })
  return median(times)
}

const client: RelayClient = { answer() {}, begin() {}, write: () => true, end() {}, fail() {} }
const answer: Running = { attempts: 1, start() {}, cancel() {}, resume() {} }

/** All that a healthy request does more than one for a single model: what it needs, whose turn it is, how they are. */
function healthyRequest(route: Route): () => void {
  const health = new DeploymentHealth()
  const router = new Router(health)
  return () => {
    const chain = router.chain(route, chatNeeds(BODY, BODY_BYTES, {}))
    const begin: ConstructorParameters<typeof Fallback>[1] = ({ deployment, trail }) => {
      trail!.begin()
      health.attemptBegan(deployment)
      const startedAt = health.now()
      const verdict = { errorCode: undefined, startedAt, latencyMs: 1, firstPartMs: 1, retryAfterMs: undefined }
      health.attemptEnded(deployment, verdict)
      return answer
    }
    new Fallback(chain, begin, client).start()
  }
}

function ordering(route: Route, needs: Needs): () => void {
  const router = new Router(new DeploymentHealth())
  return () => void router.preview(route, needs)
}

/** What the choice among the deployments of a pool costs. */
export async function routing({ quick }: Settings): Promise<Section> {
  const rounds = quick ? 3 : 15
  const row = (what: string, turnout: number, limit: number): Row => {
    return { what, unit: 'µs', bare: null, turnout, goal: atMost('turnout', limit) }
  }
  const needs = chatNeeds(BODY, BODY_BYTES, {})
  const rows = STRATEGIES.flatMap((strategy) => [
    row(
      `a healthy request through a pool of 10, ${strategy}`,
      cost(rounds, 20_000, healthyRequest(routeOf(10, strategy))),
      10,
    ),
    row(
      `the order of a pool of 1,000, ${strategy}`,
      cost(rounds, 1_000, ordering(routeOf(1_000, strategy), needs)),
      50,
    ),
  ])
  return {
    title: `routing: processor time in one process, without a network, ${rounds} rounds`,
    rows,
    notes: ['A request for a single model does none of it: it looks whether there is anything to choose.'],
  }
}
