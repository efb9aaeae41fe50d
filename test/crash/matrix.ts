import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { setup } from '../../server/test/global-setup.ts'
import { BOUNDARIES, type Boundary } from './boundaries.ts'
import { chain, type Kill } from './chain.ts'
import { publish, type Row, tableOf } from './table.ts'
import type { DatabaseKind } from './world.ts'

// npm run crash-matrix -- --runs N --database pglite|postgres [--seed S] [--results FILE] [--write]
// PostgreSQL is where TURNOUT_TEST_DATABASE_URL says. With a file of results, those of earlier calls are in the table too.

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    database: { type: 'string', default: 'pglite' },
    seed: { type: 'string', default: '1' },
    results: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
})
const kind = values.database as DatabaseKind
if (kind !== 'pglite' && kind !== 'postgres') throw new RangeError('--database takes pglite or postgres')
if (kind === 'postgres' && process.env.TURNOUT_TEST_DATABASE_URL === undefined) {
  throw new Error('TURNOUT_TEST_DATABASE_URL must say where a PostgreSQL is that databases can be made on.')
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const random = randomOf(Number(values.seed))
const below = (limit: number): number => Math.floor(random() * limit)
/** How many kills one world sees; every fourth of them comes at any moment. */
const LINKS = 8
/** How many steps the jobs of one round come to, more or less. */
const STEPS = 45

/** Every boundary as often as the others, in a sequence by chance. */
function* plans(): Generator<Kill, never> {
  for (;;) {
    const boundaries = (Object.keys(BOUNDARIES) as Boundary[]).toSorted(() => random() - 0.5)
    for (const [number, boundary] of boundaries.entries()) {
      yield { boundary, nth: 1 + below(4), turns: 0, database: random() < 0.5 }
      if (number % 3 === 2) yield { boundary: 'any', nth: 1 + below(STEPS), turns: below(20), database: random() < 0.5 }
    }
  }
}

type StoredRow = Omit<Row, 'verdict'> & { verdict: Omit<Row['verdict'], 'difference'> & { difference: string } }

function earlier(): Row[] {
  if (values.results === undefined || !existsSync(values.results)) return []
  const lines = readFileSync(values.results, 'utf8').trim().split('\n')
  return lines.map((line) => {
    const row = JSON.parse(line) as StoredRow
    return { ...row, verdict: { ...row.verdict, difference: BigInt(row.verdict.difference) } }
  })
}

const rows = earlier()
// The embedded database takes seconds to be made; a copy may be there already.
const clean = kind === 'pglite' && process.env.TURNOUT_TEST_DATA_DIR === undefined ? await setup() : () => {}
const source = plans()
let problems = 0
try {
  for (let left = Number(values.runs); left > 0; ) {
    const kills = Array.from({ length: Math.min(LINKS, left) }, () => source.next().value)
    const began = Date.now()
    const verdicts = await chain(kind, kills)
    left -= kills.length
    for (const [number, verdict] of verdicts.entries()) {
      const row: Row = { kind, boundary: kills[number]!.boundary, verdict }
      rows.push(row)
      problems += verdict.problems.length
      for (const problem of verdict.problems) console.error(JSON.stringify(kills[number]), problem)
      if (values.results !== undefined) {
        const stored: StoredRow = { ...row, verdict: { ...verdict, difference: String(verdict.difference) } }
        appendFileSync(values.results, `${JSON.stringify(stored)}\n`)
      }
    }
    console.error(`${kills.length} kills in ${Math.round((Date.now() - began) / 1000)} s; ${left} to go`)
  }
} finally {
  await clean()
}
console.log(tableOf(rows))
if (values.write) {
  const count = rows.reduce((sum, { verdict }) => sum + verdict.jobs, 0)
  publish(rows, `${rows.length} kills, ${count} jobs, on ${new Date().toISOString().slice(0, 10)}.`)
}
process.exitCode = problems > 0 ? 1 : 0
