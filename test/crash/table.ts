import { readFileSync, writeFileSync } from 'node:fs'
import { BOUNDARIES } from './boundaries.ts'
import type { Kill } from './chain.ts'
import type { Verdict } from './judge.ts'
import type { DatabaseKind } from './world.ts'

/** One death and what became of the jobs of its round. */
export interface Row {
  kind: DatabaseKind
  boundary: Kill['boundary']
  verdict: Verdict
}

const PAGE = new URL('../../docs/reliability.md', import.meta.url)
/** What lies between is ours; the rest of the page belongs to others. */
const BEGIN = '<!-- crash matrix: begin -->'
const END = '<!-- crash matrix: end -->'

const NAMES: Readonly<Record<DatabaseKind, string>> = { pglite: 'PGlite', postgres: 'PostgreSQL' }

function line(name: string, rows: readonly Row[]): string {
  const total = (count: (verdict: Verdict) => number) => rows.reduce((sum, { verdict }) => sum + count(verdict), 0)
  const jobs = total((verdict) => verdict.jobs)
  const difference = rows.reduce((sum, { verdict }) => sum + verdict.difference, 0n)
  const cells = [
    name,
    NAMES[rows[0]!.kind],
    rows.length,
    jobs,
    total((verdict) => verdict.succeeded),
    total((verdict) => verdict.unknown),
    jobs - total((verdict) => verdict.succeeded + verdict.unknown),
    Math.max(...rows.map(({ verdict }) => verdict.paidAtMost)),
    `${total((verdict) => verdict.webhooks)} of ${total((verdict) => verdict.webhooksDue)}`,
    `${difference}`,
  ]
  return `| ${cells.join(' | ')} |`
}

const HEADS = [
  'killed',
  'database',
  'kills',
  'jobs',
  'succeeded',
  'unknown',
  'lost or otherwise',
  'paid for each, at most',
  'webhooks',
  'ledger less bill, nano-dollars',
]

/** One line for each boundary and database, in the order of a job's steps. */
export function tableOf(rows: readonly Row[]): string {
  const boundaries = [...Object.entries(BOUNDARIES), ['any', 'at any of these, by chance'] as const]
  const lines = boundaries.flatMap(([boundary, name]) =>
    (['pglite', 'postgres'] as const).flatMap((kind) => {
      const own = rows.filter((row) => row.boundary === boundary && row.kind === kind)
      return own.length === 0 ? [] : [line(name, own)]
    }),
  )
  return [`| ${HEADS.join(' | ')} |`, `| ${HEADS.map(() => '---').join(' | ')} |`, ...lines].join('\n')
}

const textOf = (table: string, how: string) => `${BEGIN}

## What a crash leaves behind

Made by \`npm run crash-matrix\`. A started server is killed with SIGKILL at a step of a job, and the next one goes on with
what it left, until it is killed itself; the last one lives. All of them have pictures to make of a provider that is
polled and of one that answers with the bytes, some in two calls, some without a webhook. The client repeats an order that had no answer, under
the same \`Idempotency-Key\`. The emulator of the providers runs apart from the servers and keeps its own bill.

A job whose request may have gone out when its server died is \`unknown\`: nobody can say whether it is paid for, and it is
not sent again. Every other one succeeds. The ledger is compared with the bill over all calls whose outcome is known.

${table}

${how}

${END}
`

/** Writes the table into the page, where an earlier one is or at its end. */
export function publish(rows: readonly Row[], how: string): void {
  let page = ''
  try {
    page = readFileSync(PAGE, 'utf8')
  } catch {
    // The page is made with its first part.
  }
  const text = textOf(tableOf(rows), how)
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  const before = begin < 0 ? (page === '' ? '' : `${page.trimEnd()}\n\n`) : page.slice(0, begin)
  const after = begin < 0 ? '' : page.slice(end + END.length + 1)
  writeFileSync(PAGE, before + text + after)
}
