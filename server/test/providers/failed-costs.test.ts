import { type Emulator, type Fault, startEmulator } from '@turnout/emulator'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { costOf, formatDollars, preparePrices } from '../../src/core/price.ts'
import { startGateway, type TestGateway } from '../gateway.ts'
import { configurationOf, credentialOf, envOf, SERVED, type Served } from './served.ts'

const PRICES = {
  text: {
    rates: [
      { unit: 'inputToken', usd: '3', per: 1_000_000 },
      { unit: 'cachedInputToken', usd: '0.3', per: 1_000_000 },
      { unit: 'outputToken', usd: '15', per: 1_000_000 },
    ],
    source: 'test',
    asOf: '2026-11-01',
  },
  image: { rates: [{ unit: 'image', usd: '0.04', per: 1 }], source: 'test', asOf: '2026-11-01' },
} as const

interface Configuration {
  models: { id: string; output: ('text' | 'image')[]; prices?: object }[]
}

/** Pictures by tokens cost what the prompt costs where it is blocked. */
const isByToken = ({ id }: { id: string }): boolean => id.endsWith('-writer') || id === 'google-painter'

const pricesOf = (model: { id: string }) => (isByToken(model) ? PRICES.text : PRICES.image)

function priced(text: string): string {
  const configuration = JSON.parse(text) as Configuration
  for (const model of configuration.models) model.prices = pricesOf(model)
  return JSON.stringify(configuration)
}

let emulator: Emulator
let gateway: TestGateway
beforeAll(async () => {
  emulator = await startEmulator({ pendingPolls: 0, chunkDelayMs: 20 })
  gateway = await startGateway({
    configuration: priced(configurationOf(SERVED, (double) => emulator.baseUrl(double))),
    env: Object.fromEntries(SERVED.map((one) => [envOf(one), credentialOf(one)])),
  })
})
afterAll(async () => {
  await gateway.close()
  await emulator.close()
})
beforeEach(() => emulator.reset())

const record = async (model: string) => {
  const { body } = await gateway.api('GET', `/api/usage?model=${model}&limit=1`)
  return (body.data as Record<string, unknown>[])[0]!
}

/** What the provider puts on the bill, by our prices. */
function billed(model: string): string {
  const { calls, inputTokens, cachedInputTokens, outputTokens, images } = emulator.bill()
  if (calls === 0) return '0'
  const usage = isByToken({ id: model }) ? { inputTokens, cachedInputTokens, outputTokens } : { images }
  return formatDollars(costOf(preparePrices(structuredClone(pricesOf({ id: model })) as never), usage)!)
}

const draw = (model: string) => gateway.client.images.generate({ model, prompt: 'A red tram' })
const write = (model: string, more: object = {}) =>
  gateway.client.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello.' }], ...more })

const PATIENCE = { timeout: 20_000, interval: 20 }

/** Who does not say what becomes of the charge when the result is withheld or the work fails. */
const SILENT: Readonly<Record<string, readonly string[]>> = {
  bedrock: ['withheld', 'withheld after the work'],
  fal: ['withheld'],
  hunyuan: ['withheld', 'withheld after the work', 'failed', 'failed after the work'],
}

const FATES: [string, Fault][] = [
  ['withheld', { kind: 'moderated' }],
  ['withheld after the work', { kind: 'moderated', billed: true }],
  ['failed', { kind: 'failed-task' }],
  ['failed after the work', { kind: 'failed-task', billed: true }],
]
const isTask = ({ id }: Served): boolean => ['bfl', 'fal', 'hunyuan'].includes(id)

const painters = SERVED.filter(({ image }) => image && !image.unmoderated)
describe.each(painters)('a picture of $id', (one) => {
  const model = `${one.id}-painter`
  const fates = FATES.filter(([, { kind }]) => kind === 'moderated' || isTask(one))

  test.each(fates)('that is %s costs what the bill says, or nobody knows what', async (name, fault) => {
    emulator.faults.add({ fault })
    await expect(draw(model)).rejects.toThrow()
    expect(emulator.faults.list()).toEqual([])
    const { outcome, cost } = await record(model)
    expect(outcome).toBe('failed')
    expect(cost).toBe(SILENT[one.id]?.includes(name) ? null : billed(model))
  })
})

const writers = SERVED.filter(({ id }) => ['openai-newer', 'anthropic', 'google', 'vertex', 'bedrock'].includes(id))
describe.each(writers)('an answer of $id that is withheld', (one) => {
  const model = `${one.id}-writer`
  test.each([false, true])('costs what the bill says, streamed: %s', async (stream) => {
    emulator.faults.add({ fault: { kind: 'moderated' } })
    await expect(write(model, { stream })).rejects.toMatchObject({ code: 'content_policy' })
    const { outcome, cost, usage } = await record(model)
    const { inputTokens } = emulator.bill()
    expect(inputTokens).toBeGreaterThan(0)
    expect({ outcome, cost, usage }).toMatchObject({ outcome: 'failed', cost: billed(model), usage: { inputTokens } })
  })
})

test.each(['anthropic', 'google'])('a stream of %s that its reader leaves keeps what was counted', async (id) => {
  const model = `${id}-writer`
  const stream = await gateway.client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: 'Tell me a story in 400 words.' }],
    stream: true,
  })
  for await (const _ of stream) break
  await vi.waitFor(async () => {
    const { inputTokens } = emulator.bill()
    // What it comes to is not known: more may have been written than was seen.
    expect(await record(model)).toMatchObject({ outcome: 'canceled', cost: null, usage: { inputTokens } })
  }, PATIENCE)
})

test('a picture whose bytes are cut is a failure that is paid for, and says so', async () => {
  emulator.faults.add({ fault: { kind: 'cut', afterChunks: 0 } })
  await expect(draw('stability-painter')).rejects.toMatchObject({
    status: 502,
    code: 'invalid_output',
    message: expect.stringContaining('made and paid for'),
  })
  const seen = await record('stability-painter')
  expect(seen).toMatchObject({ outcome: 'failed', errorCode: 'invalid_output', cost: '0.04', usage: { images: 1 } })
  expect(seen.cost).toBe(billed('stability-painter'))
})

test('a picture whose link is dead is an error to the native API, and paid for', async () => {
  emulator.faults.add({ fault: { kind: 'expired-result' } })
  const { status, body } = await gateway.api('POST', '/api/generate-image', {
    modelId: 'recraft-painter',
    prompt: 'A red tram',
  })
  expect(status).toBe(502)
  expect(body.error).toMatchObject({ code: 'invalid_output', message: expect.stringContaining('paid for') })
  expect(body.error.message).not.toContain(emulator.url)
  expect(await record('recraft-painter')).toMatchObject({ outcome: 'failed', usage: { images: 1 } })
  expect(emulator.bill().calls).toBe(1)
})
