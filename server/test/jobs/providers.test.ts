import type { Job } from '@turnout/contract'
import { type Emulator, startEmulator } from '@turnout/emulator'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatDollars, parseDollars } from '../../src/core/price.ts'
import { startGateway, type TestGateway } from '../gateway.ts'
import { credentialOf, envOf, SERVED } from '../providers/served.ts'
import { configuration, type End, FATES, MAKERS, type Maker, modelOf } from './providers.ts'
import { isOver, waitFor } from './world.ts'

/** Veo advises ten seconds between two polls. */
const LONGEST_MS = 180_000

let emulator: Emulator
let gateway: TestGateway
/** Each job when it is over, and what its provider has charged for it, by maker and fate. */
const made = new Map<string, { job: Job; billed: string }>()

const read = async (id: string): Promise<Job> => (await gateway.api('GET', `/api/jobs/${id}`)).body.data

/** The provider's bill for one model so far, in nano-dollars. */
function billOf({ billedAs, usd, kind }: Maker): bigint {
  const line = emulator.bill().models[billedAs]
  return BigInt((kind === 'image' ? line?.images : line?.seconds) ?? 0) * parseDollars(usd)
}

/** What is submitted is charged at once, so that the jobs of one maker begin one after the other. */
async function work(maker: Maker): Promise<void> {
  const ends: Promise<void>[] = []
  for (const [fate, { fault, of }] of Object.entries(FATES)) {
    if (!of(maker)) continue
    const before = billOf(maker)
    if (fault) emulator.faults.add({ match: { model: maker.billedAs }, fault })
    const inputs = { prompt: 'A red tram', ...maker.inputs }
    const order = { model: modelOf(maker), inputs, wait: 0 }
    const { body } = await gateway.api('POST', `/api/${maker.kind}s/generate`, order)
    const id = body.data.id as string
    await waitFor(async () => {
      const [attempt] = (await read(id)).attempts
      expect(attempt && attempt.state !== 'submitting').toBe(true)
    }, LONGEST_MS)
    const billed = formatDollars(billOf(maker) - before)
    const end = waitFor(async () => {
      const job = await read(id)
      expect(isOver(job)).toBe(true)
      made.set(`${modelOf(maker)} ${fate}`, { job, billed })
    }, LONGEST_MS)
    ends.push(end)
  }
  await Promise.all(ends)
}

beforeAll(async () => {
  emulator = await startEmulator({ pendingPolls: 0 })
  gateway = await startGateway({
    configuration: configuration((double) => emulator.baseUrl(double)),
    env: Object.fromEntries(SERVED.map((one) => [envOf(one), credentialOf(one)])),
  })
  await Promise.all(MAKERS.map(work))
}, 2 * LONGEST_MS)
afterAll(async () => {
  await gateway.close()
  await emulator.close()
})

describe.each(Object.entries(FATES))('a provider that is %s', (name, { of, end, but }) => {
  test.each(MAKERS.filter(of).map((maker) => [modelOf(maker), maker] as const))('%s', (model, { uncounted }) => {
    const { job, billed } = made.get(`${model} ${name}`)!
    const expected: End = { ...end, ...but?.[model] }
    const isKnown = expected.cost === 'billed' && !(uncounted && billed !== '0')
    expect([job.state, job.error?.code, job.cost.settled]).toEqual([
      expected.state,
      expected.code,
      isKnown ? billed : null,
    ])
    expect(job.attempts).toHaveLength(1)
    expect(job.outputs).toHaveLength(expected.state === 'succeeded' ? 1 : 0)
    if (expected.state === 'succeeded') expect(billed).not.toBe('0')
  })
})
