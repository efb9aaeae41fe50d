import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { median } from '../statistics.ts'
import type { Contest } from './contest.ts'

export interface Effort {
  rounds: number
  /** Processor time that each side gets in a round. */
  roundMs: number
  warmUpMs: number
}

/** Processor time in µs, for one call or one chunk. */
export interface Result {
  adapter: number
  byHand: number
}

export const SIDES = ['byHand', 'adapter'] as const
type Side = (typeof SIDES)[number]

setFlagsFromString('--expose-gc')
/** Young garbage alone: a full collection also throws away optimised code whose kinds of objects nobody holds just then. */
const collect = runInNewContext('gc') as (how: { type: 'minor' }) => void

/**
 * µs of this thread: neither what other processes do is in it nor V8's helpers,
 * which collect and compile beside it. Linux brings the time of a thread up to
 * date at its ticks only, 4 ms apart, but for the thread that asks for the time
 * of the whole process at once: hence the first call.
 */
function threadMicros(): number {
  process.cpuUsage()
  const { user, system } = process.threadCpuUsage()
  return user + system
}

/** Runs one after the other. */
async function run(contest: Contest, side: Side, times: number): Promise<number> {
  const connections = Array.from({ length: times }, () => contest.connect(new AbortController().signal))
  const once = contest[side]
  const before = threadMicros()
  for (const connection of connections) await once(connection)
  return threadMicros() - before
}

/** Until V8 has optimised what there is to optimise; tells how many runs fill a round. */
export async function warmUp(contest: Contest, side: Side, { warmUpMs, roundMs }: Effort): Promise<number> {
  let times = 1
  for (let spent = 0; spent < warmUpMs * 1000; times = Math.min(times * 2, 1_000))
    spent += await run(contest, side, times)
  const micros = await run(contest, side, times)
  return Math.max(1, Math.round((roundMs * 1000 * times) / micros))
}

/** Both sides by turns, each after the garbage of the other has been collected; medians over the rounds. */
export async function duel(contest: Contest, effort: Effort): Promise<Result> {
  const sides = SIDES.map((name) => ({ name, times: 0, micros: [] as number[] }))
  for (const side of sides) side.times = await warmUp(contest, side.name, effort)
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      collect({ type: 'minor' })
      side.micros.push((await run(contest, side.name, side.times)) / side.times / contest.per)
    }
  }
  const [byHand, adapter] = sides.map(({ micros }) => median(micros))
  return { adapter: adapter!, byHand: byHand! }
}
