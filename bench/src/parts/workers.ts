import { availableParallelism } from 'node:os'
import { cpuMicros } from '../measure.ts'
import { atLeast, type Section } from '../report.ts'
import { alternate, type Contender, type Rig, type Settings, startTurnout, sum, type Weight, withRig } from '../rig.ts'
import { median } from '../statistics.ts'

const CONNECTIONS = 100

/** What a second worker brings. */
export async function workers(settings: Settings): Promise<Section> {
  const [rounds, count] = settings.quick ? [1, 5_000] : [5, 40_000]
  // Only the Turnout with one worker comes from the rig.
  return withRig({ ...settings, calibrate: false, pinned: false }, async (rig) => {
    const two = await startTurnout(rig.upstreamPort, 2)
    try {
      return await compare(rig, two.contender, rounds, count)
    } finally {
      await two.close()
    }
  })
}

async function compare(rig: Rig, two: Contender, rounds: number, count: number): Promise<Section> {
  const others = [rig.load.pid, rig.upstream.pid]
  const shares: number[] = []
  const weigh = async (contender: Contender) => {
    const before = sum(others.map(cpuMicros))
    const weight = await rig.weigh(contender, { connections: CONNECTIONS, requests: count })
    const own = sum(weight.serverMicros) + weight.databaseMicros
    const foreign = sum(others.map(cpuMicros)) - before
    if (contender === two) shares.push(foreign / (foreign + own))
    return weight
  }
  const results = await alternate(
    rounds,
    () => weigh(rig.turnout),
    () => weigh(two),
  )
  const [one, both] = [results.bare, results.turnout]
  const over = (value: (weight: Weight) => number) =>
    median(both.map((weight, round) => value(weight) / value(one[round]!)))
  const speed = ({ elapsedMs }: Weight) => (count * 1000) / elapsedMs
  const serverCapacity = ({ serverMicros }: Weight) => (count * 1e6) / Math.max(...serverMicros)
  const capacity = ({ serverMicros, databaseMicros }: Weight) =>
    (count * 1e6) / Math.max(...serverMicros, databaseMicros)
  const figure = (weights: Weight[], value: (weight: Weight) => number) => Math.round(median(weights.map(value)))
  return {
    title: `workers: --workers 2 over --workers 1, ${CONNECTIONS} connections, ${rounds} rounds of ${count}`,
    rows: [
      { what: 'capacity, 2 over 1', unit: '', bare: null, turnout: over(capacity), goal: atLeast('turnout', 1.7) },
      {
        what: 'capacity of the servers alone, 2 over 1',
        unit: '',
        bare: null,
        turnout: over(serverCapacity),
        goal: null,
      },
      { what: 'requests per second here, 2 over 1', unit: '', bare: null, turnout: over(speed), goal: null },
    ],
    notes: [
      'Capacity is requests per second of processor time of the busiest process, database included: what the workers carry where each has a processor.',
      `Capacity ${figure(one, capacity)} and ${figure(both, capacity)} 1/s, of the servers alone ${figure(one, serverCapacity)} and ${figure(both, serverCapacity)}; measured ${figure(one, speed)} and ${figure(both, speed)} 1/s.`,
      `On the ${availableParallelism()} processors here load generator and upstream take ${Math.round(median(shares) * 100)} % of the processor time with 2 workers: the measured figure cannot show what they leave no room for.`,
    ],
  }
}
