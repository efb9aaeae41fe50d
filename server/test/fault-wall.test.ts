import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Case, FAULTS, FaultWall, HARMLESS, type Outcome, PLACES, POSITIONS } from './fault-wall.ts'
import { callsOf, isSoonest, told } from './fault-wall-calls.ts'

const PAGE = new URL('../../docs/reliability.md', import.meta.url)
/** Where the part of the crash matrix begins, which is written by itself. */
const BELOW = '<!-- crash matrix: begin -->'
const FALLBACKS = [0, 1, 2]

const CASES: Case[] = FAULTS.flatMap(([name, fault]) =>
  POSITIONS.filter((position) => position === 'first' || !HARMLESS.has(name)).flatMap((position) =>
    [true, false].flatMap((streamed) => FALLBACKS.map((fallbacks) => ({ name, fault, position, streamed, fallbacks }))),
  ),
)

let wall: FaultWall
let outcomes: Outcome[]
const healthy = new Map<boolean, string>()
beforeAll(async () => {
  wall = await FaultWall.start()
  for (const streamed of [true, false]) healthy.set(streamed, await wall.healthy(streamed))
  outcomes = await wall.run(CASES)
}, 120_000)
afterAll(() => wall.close(), 120_000)

/** A buffered answer is whole where its JSON is, be it without a finish reason. */
const isWhole = ({ status, code, finish }: Outcome, streamed: boolean): boolean =>
  status === 200 && code === undefined && (finish === 'stop' || !streamed)

function cell(outcome: Outcome, one: Case): string {
  const { status, code, calls, unknown, text } = outcome
  const got = isWhole(outcome, one.streamed) ? 'whole' : text === '' ? `${status} ${code}` : `part, then ${code}`
  const when = callsOf(outcome, one).map(told).join(', ')
  return `${got}; ${calls.join('+')}: ${when}${unknown > 0 ? `; ${unknown} unknown` : ''}`
}

const POSITION_WORDS = { first: 'first, for good', later: 'later, for good', once: 'first, once' } as const

function table(): string {
  const rows: string[] = []
  for (let at = 0; at < CASES.length; at += FALLBACKS.length) {
    const { name, position, streamed } = CASES[at]!
    const cells = FALLBACKS.map((_, n) => cell(outcomes[at + n]!, CASES[at + n]!))
    rows.push(`| ${[name, POSITION_WORDS[position], streamed ? 'streamed' : 'buffered', ...cells].join(' | ')} |`)
  }
  const heads = ['fault', 'attempt', 'answer', 'no fallback', 'one', 'two']
  return [`| ${heads.join(' | ')} |`, `| ${heads.map(() => '---').join(' | ')} |`, ...rows].join('\n')
}

const page = () => `# What becomes of every fault

Made by \`server/test/fault-wall.test.ts\`, which asks a gateway over HTTP while the doubles of its providers fail on
order, and compares this page with what it saw. [Errors, retries and streams](guide/reliability.md) has the rules.

Each cell says what the client got, how often each deployment of the pool was asked (A, B and C), when, and for how many
of these attempts it is not known what they cost. The first call is made at 0, and each further one as soon as the one
before has failed: at once (\`+0\`), or when the limit has passed within which it should have sent its \`first part\`, a
further one (\`stall\`), or an answer in one piece (\`total\`); and the same deployment again after the \`backoff\` of its
retry, or when its \`Retry-After\` says. \`whole\` is the exact text with its finish reason; \`part, then\` is the beginning
of a stream that ends in an error. The deployments serve the same model, and one retry is allowed on each. A fault hits
the first deployment, or a later attempt: the second deployment after a 401 of the first one, or where there is no other
one, the second attempt after a reset. *For good* is at every attempt, *once* is at the first one alone.

${table()}

A primary that flaps (down, cut, well, down) under twenty requests: twenty whole answers, streamed and buffered.
`

describe('the wall', () => {
  test.each(
    CASES.map(
      (one, at) =>
        [`${one.name}, ${one.position}, ${one.streamed ? 'streamed' : 'buffered'}, ${one.fallbacks}`, at] as const,
    ),
  )('%s', (_, at) => {
    const { streamed, fallbacks } = CASES[at]!
    const outcome = outcomes[at]!
    const expected = healthy.get(streamed)!
    if (isWhole(outcome, streamed)) {
      expect(outcome).toMatchObject({ status: 200, text: expected, code: undefined })
    } else {
      expect(outcome.code).toBeDefined()
      expect(outcome.finish).toBeNull()
      expect(expected.startsWith(outcome.text)).toBe(true)
      if (outcome.text === '') expect(outcome.status).toBeGreaterThanOrEqual(400)
    }
    // One retry on each, and the one that may begin anew after its own retry.
    expect(Math.max(...outcome.calls)).toBeLessThanOrEqual(3)
    expect(outcome.calls).toHaveLength(fallbacks + 1)
    // Who was called by the records was called by the word of the doubles, and never before a limit had passed.
    expect(PLACES.map((place) => outcome.attempts.filter((one) => one.place === place).length)).toMatchObject(
      Object.assign([0, 0, 0], outcome.calls),
    )
    for (const call of callsOf(outcome, CASES[at]!)) expect(isSoonest(call)).toBe(true)
    if (outcome.unknown === 0) expect(outcome.known).toBe(outcome.billed)
    else expect(outcome.known).toBeLessThanOrEqual(outcome.billed)
  })

  test('is told in docs/reliability.md', async () => {
    const found = await readFile(PAGE, 'utf8')
    const at = found.indexOf(BELOW)
    const whole = at < 0 ? page() : `${page()}\n${found.slice(at)}`
    console.log(table())
    if (process.env.TURNOUT_WRITE_FAULT_WALL) await writeFile(PAGE, whole)
    expect(await readFile(PAGE, 'utf8')).toBe(whole)
  })
})

describe('a primary that flaps', () => {
  test.each([true, false])('never shows, streamed: %s', async (streamed) => {
    const { outcomes: all, billed } = await wall.flap(20, streamed)
    for (const outcome of all) {
      expect(outcome).toMatchObject({ status: 200, finish: 'stop', text: healthy.get(streamed), code: undefined })
    }
    const known = all.reduce((sum, one) => sum + one.known, 0)
    const unknown = all.reduce((sum, one) => sum + one.unknown, 0)
    expect(unknown).toBeLessThanOrEqual(1)
    if (unknown === 0) expect(known).toBe(billed)
    else expect(known).toBeLessThan(billed)
  })
})
