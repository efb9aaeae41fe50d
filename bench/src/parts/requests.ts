import { residentBytes } from '../measure.ts'
import { atMost, type Section } from '../report.ts'
import { alternate, PINNING_NOTE, type Settings, sum, type Weight, withRig } from '../rig.ts'
import { median } from '../statistics.ts'

const CONNECTIONS = 50

/** What a chat request of 1 KB costs that is answered at once with 1 KB. */
export async function requests(settings: Settings): Promise<Section> {
  const [rounds, count] = settings.quick ? [1, 3_000] : [7, 30_000]
  return withRig({ ...settings, pinned: true }, async (rig) => {
    const run = { connections: CONNECTIONS, requests: count }
    const { bare, turnout } = await alternate(
      rounds,
      () => rig.weigh(rig.bare, run),
      () => rig.weigh(rig.turnout, run),
    )
    const cost = (weights: Weight[]) => median(weights.map(({ serverMicros }) => sum(serverMicros) / count))
    const speed = (weights: Weight[]) => median(weights.map(({ elapsedMs }) => (count * 1000) / elapsedMs))
    const resident = (pids: readonly number[]) => sum(pids.map(residentBytes)) / 1024 ** 2
    const database = median(turnout.map(({ databaseMicros }) => databaseMicros / count))
    return {
      title: `requests: 1 KB chat, not streamed, ${CONNECTIONS} connections, ${rounds} rounds of ${count}`,
      rows: [
        {
          what: 'processor time per request',
          unit: 'µs',
          bare: cost(bare),
          turnout: cost(turnout),
          goal: atMost('ratio', 1.5),
        },
        { what: 'requests per second', unit: '1/s', bare: speed(bare), turnout: speed(turnout), goal: null },
        {
          what: 'resident after the runs',
          unit: 'MB',
          bare: resident(rig.bare.servers),
          turnout: resident(rig.turnout.servers),
          goal: null,
        },
        { what: 'database process, per request', unit: 'µs', bare: null, turnout: database, goal: null },
      ],
      notes: [
        'Turnout checks the key, routes, counts the limit, meters to the spool and writes the access log to a file.',
        PINNING_NOTE,
      ],
    }
  })
}
