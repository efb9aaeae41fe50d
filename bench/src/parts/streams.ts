import { atMost, type Row, type Section } from '../report.ts'
import { alternate, type Rig, type Settings, sum, type Weight, withRig } from '../rig.ts'
import { median } from '../statistics.ts'

const CONCURRENT = 100
const CHUNKS = 100
const GAP_MS = 10

/** What one chunk of a streamed answer costs, alone and in bunches. */
export async function streams(settings: Settings): Promise<Section> {
  const [rounds, waves] = settings.quick ? [1, 1] : [5, 4]
  return withRig({ ...settings, pinned: true }, async (rig) => {
    const alone = await weighStreams(rig, GAP_MS, rounds, CONCURRENT * waves)
    const bunched = await weighStreams(rig, 0, rounds, CONCURRENT * waves * 2)
    return {
      title: `streams: ${CONCURRENT} at once, ${CHUNKS} chunks each, ${rounds} rounds of ${CONCURRENT * waves}`,
      rows: [
        { ...alone.row, what: 'processor time per chunk, chunks alone', goal: atMost('ratio', 1.1) },
        { ...bunched.row, what: 'processor time per chunk, bunched' },
      ],
      notes: [
        `Alone: one chunk of a stream every ${GAP_MS} ms, give or take half. Bunched: the upstream does not wait.`,
        `Chunks per read of the client: alone ${alone.bunching}, bunched ${bunched.bunching} (bare, turnout).`,
      ],
    }
  })
}

async function weighStreams(rig: Rig, gapMs: number, rounds: number, count: number) {
  await rig.upstream.ask({ kind: 'stream', chunks: CHUNKS, gapMs })
  const run = { stream: true, connections: CONCURRENT, requests: count }
  const { bare, turnout } = await alternate(
    rounds,
    () => rig.weigh(rig.bare, run),
    () => rig.weigh(rig.turnout, run),
  )
  const chunks = count * CHUNKS
  const cost = (weights: Weight[]) => median(weights.map(({ serverMicros }) => sum(serverMicros) / chunks))
  const perRead = (weights: Weight[]) => median(weights.map(({ reads }) => chunks / reads)).toFixed(1)
  const row: Row = { what: '', unit: 'µs', bare: cost(bare), turnout: cost(turnout), goal: null }
  return { row, bunching: `${perRead(bare)}, ${perRead(turnout)}` }
}
