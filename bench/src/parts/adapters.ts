import { duel, type Effort, SIDES, warmUp } from '../adapters/duel.ts'
import { CONTESTS } from '../adapters/index.ts'
import { loadedBy, providerLibraries } from '../adapters/libraries.ts'
import { atMost, type Row, type Section } from '../report.ts'
import type { Settings } from '../rig.ts'

const QUICK: Effort = { rounds: 3, roundMs: 3, warmUpMs: 30 }
const WHOLE: Effort = { rounds: 15, roundMs: 20, warmUpMs: 500 }

/** What the adapters cost beside mappings of the same bytes that are written by hand. */
export async function adapters({ quick, calibrate }: Settings): Promise<Section> {
  const effort = quick ? QUICK : WHOLE
  const contests = calibrate ? CONTESTS.map((contest) => ({ ...contest, adapter: contest.byHand })) : CONTESTS
  // All of them first: as in a gateway, code that adapters share has seen what all of them hand to it.
  for (const contest of contests) for (const side of SIDES) await warmUp(contest, side, effort)
  const rows: Row[] = []
  for (const contest of contests) {
    const { byHand, adapter } = await duel(contest, effort)
    rows.push({ what: contest.what, unit: 'µs', bare: byHand, turnout: adapter, goal: atMost('ratio', 1.5) })
  }
  const libraries = providerLibraries(await loadedBy(import.meta.resolve('turnout/src/main.ts')))
  return {
    title: `adapters: processor time in one process, without a network, ${effort.rounds} rounds`,
    rows: [
      ...rows,
      {
        what: 'libraries of providers that come with the server',
        unit: '',
        bare: null,
        turnout: libraries.length,
        goal: atMost('turnout', 0),
      },
    ],
    notes: [
      'Bare is the mapping by hand: the same call to the same bytes, and these to the same text, end and usage, or picture.',
      ...libraries.map((name) => `Importing the server loads ${name}.`),
    ],
  }
}
