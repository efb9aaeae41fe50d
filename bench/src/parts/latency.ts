import type { LoadResult, Target } from '../messages.ts'
import { atMost, type Section } from '../report.ts'
import { type Settings, withRig } from '../rig.ts'
import { median } from '../statistics.ts'

/** What a proxy adds to the time of an answer when there is nothing else to do. */
export async function latency(settings: Settings): Promise<Section> {
  const [rounds, count] = settings.quick ? [1, 200] : [9, 1_000]
  return withRig({ ...settings, pinned: false }, async (rig) => {
    const targets: [Target, Target, Target] = [
      { port: rig.upstreamPort, headers: {} },
      rig.bare.target,
      rig.turnout.target,
    ]
    const results: LoadResult[][] = targets.map(() => [])
    for (let round = 0; round <= rounds; round += 1) {
      for (const [i, target] of targets.entries()) {
        const result = await rig.run(target, { connections: 1, requests: count })
        if (round > 0) results[i]!.push(result)
      }
    }
    const [direct, bare, turnout] = results as [LoadResult[], LoadResult[], LoadResult[]]
    const added = (of: LoadResult[], value: (result: LoadResult) => number) =>
      median(of.map((result, round) => value(result) - value(direct[round]!)))
    const middle = ({ medianMs }: LoadResult) => medianMs
    const worst = ({ p99Ms }: LoadResult) => p99Ms
    return {
      title: `latency: one connection, one request after the other, ${rounds} rounds of ${count}`,
      rows: [
        {
          what: 'added, median',
          unit: 'ms',
          bare: added(bare, middle),
          turnout: added(turnout, middle),
          goal: atMost('turnout', 0.5),
        },
        {
          what: 'added, 99th percentile',
          unit: 'ms',
          bare: added(bare, worst),
          turnout: added(turnout, worst),
          goal: null,
        },
      ],
      notes: [
        `A direct call takes ${median(direct.map(middle)).toFixed(3)} ms at the median, ${median(direct.map(worst)).toFixed(3)} ms at the 99th percentile.`,
      ],
    }
  })
}
