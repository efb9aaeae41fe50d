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

type Side = Contest['adapter']

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

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

/** Runs one after the other. Signals are made beforehand: they belong to the caller. */
async function run(side: Side, times: number): Promise<number> {
  const signals = Array.from({ length: times }, () => new AbortController().signal)
  const before = threadMicros()
  for (const signal of signals) await side(signal)
  return threadMicros() - before
}

/** Until V8 has optimised what there is to optimise; tells how many runs fill a round. */
export async function warmUp(side: Side, { warmUpMs, roundMs }: Effort): Promise<number> {
  let times = 1
  for (let spent = 0; spent < warmUpMs * 1000; times = Math.min(times * 2, 1_000)) spent += await run(side, times)
  const micros = await run(side, times)
  return Math.max(1, Math.round((roundMs * 1000 * times) / micros))
}

/** Both sides by turns, each after the garbage of the other has been collected; medians over the rounds. */
export async function duel(contest: Contest, effort: Effort): Promise<Result> {
  const sides = [contest.byHand, contest.adapter].map((run) => ({ run, times: 0, micros: [] as number[] }))
  for (const side of sides) side.times = await warmUp(side.run, effort)
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
      collectGarbage()
      side.micros.push((await run(side.run, side.times)) / side.times / contest.per)
    }
  }
  const [byHand, adapter] = sides.map(({ micros }) => median(micros))
  return { adapter: adapter!, byHand: byHand! }
}
