import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Model } from '@turnout/contract'
import { type Emulator, startEmulator } from '@turnout/emulator'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chooseModels } from '../scripts/live/choose.ts'
import { type House, openHouse } from '../scripts/live/house.ts'
import { run } from '../scripts/live/run.ts'
import { freshDataDir, removeDataDir } from '../server/test/database.ts'

const priced = (usd: string, unit = 'request') => ({
  rates: [{ unit, usd, per: 1 }],
  source: 'test',
  asOf: '2026-11-01',
})

const model = (id: string, more: object = {}): Model =>
  ({
    id,
    provider: 'p',
    output: ['text'],
    prices: null,
    defaults: {},
    lifecycle: { status: 'active' },
    available: true,
    ...more,
  }) as unknown as Model

const choice = (...models: Model[]) =>
  Object.fromEntries([...chooseModels(models, 'p')].map(([operation, { id }]) => [operation, id]))

describe('the choice of models', () => {
  test('is the cheapest of those with a known price, for each operation', () => {
    const image = { output: ['image'] }
    expect(
      choice(
        model('unpriced'),
        model('dear', { prices: priced('0.002') }),
        model('cheap', { prices: priced('0.001') }),
        model('brush', { ...image, prices: priced('0.04', 'image') }),
        model('small brush', { ...image, prices: priced('0.03', 'megapixel') }),
        model('index', { output: ['embedding'] }),
        model('film', { output: ['video'], prices: priced('0.1', 'second') }),
      ),
    ).toEqual({ text: 'cheap', image: 'small brush', embedding: 'index' })
  })

  test('is the first one where no price is known', () => {
    expect(choice(model('first'), model('second'))).toEqual({ text: 'first' })
  })

  test('leaves out what goes, cannot be called, belongs to others or takes more than a prompt', () => {
    const required = { inputs: { required: ['prompt', 'image'] } }
    expect(
      choice(
        model('going', { lifecycle: { status: 'deprecated' } }),
        model('gone', { lifecycle: { status: 'retired' } }),
        model('unavailable', { available: false }),
        model('of another', { provider: 'q' }),
        model('eraser', { output: ['image'], ...required }),
      ),
    ).toEqual({})
    expect(choice(model('set', { ...required, defaults: { image: 'x' } }))).toEqual({ text: 'set' })
  })

  test('takes a model that draws and writes for one that draws', () => {
    expect(choice(model('both', { output: ['image', 'text'] }))).toEqual({ image: 'both' })
  })
})

describe('the run', () => {
  let emulator: Emulator
  let dataDir: string
  beforeAll(async () => {
    emulator = await startEmulator({ models: ['gemini-2.5-flash-lite'] })
    dataDir = await freshDataDir()
    await writeFile(join(dataDir, 'turnout.yaml'), 'discovery: false\nretry: { maxRetries: 0 }\n')
  })
  afterAll(async () => {
    await emulator.close()
    await removeDataDir(dataDir)
  })
  beforeEach(() => emulator.reset())

  const open = (): Promise<House> =>
    openHouse(
      {
        TURNOUT_CONFIG: join(dataDir, 'turnout.yaml'),
        TURNOUT_EMULATE: 'always',
        DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
        OPENAI_API_KEY: 'sk-live',
        OPENAI_BASE_URL: emulator.openaiBaseUrl,
        GEMINI_API_KEY: 'AIza-live',
        GOOGLE_GEMINI_BASE_URL: emulator.baseUrl('google'),
      },
      dataDir,
    )

  /** What is printed and the exit code; `answer` is what a person types. */
  async function live(argv: string[], answer?: string) {
    const lines: string[] = []
    const asked: string[] = []
    const ask = async (question: string) => {
      asked.push(question)
      return answer!
    }
    const code = await run(argv, open, {
      print: (line) => lines.push(line),
      ask: answer === undefined ? undefined : ask,
    })
    return { code, asked, text: lines.join('\n') }
  }

  test('tells what each call would cost, and calls nothing without being told to', async () => {
    const { code, text } = await live(['openai'])
    expect(code).toBe(0)
    expect(text).toMatch(/^text {7}gpt-6-luna {2}at most about \$0\.0000\d+$/m)
    expect(text).toMatch(/^image {6}gpt-image-2\S* {2}cost not known beforehand$/m)
    expect(text).toMatch(/^embedding {2}text-embedding-3-small {2}at most about \$0\.00000004$/m)
    expect(text).toContain('video      not tried')
    expect(text).toContain('Nothing was called.')
    expect(emulator.requests().filter(({ method }) => method === 'POST')).toEqual([])
  })

  test('makes the calls and tells what they came to', async () => {
    const { code, text } = await live(['openai', '--yes'])
    expect(code).toBe(0)
    for (const operation of ['text', 'image', 'embedding']) {
      expect(text).toMatch(new RegExp(`^${operation} +\\S+ {2}ok, \\d+ ms, \\$0\\.\\d+$`, 'm'))
    }
    const paths = emulator.requests().flatMap(({ method, path }) => (method === 'POST' ? [path] : []))
    expect(paths).toEqual(['/v1/chat/completions', '/v1/images/generations', '/v1/embeddings'])
  })

  test('asks a person, who has to type yes', async () => {
    const no = await live(['google'], 'y')
    expect([no.code, no.asked]).toEqual([0, ['Make these 3 calls? Type yes: ']])
    expect(no.text).not.toContain('ok,')
    const yes = await live(['google'], 'yes')
    expect(yes.text).not.toContain('FAILED')
    expect(yes.code).toBe(0)
    expect(yes.text.match(/ ok, \d+ ms, /g)).toHaveLength(3)
  })

  test('ends with 1 where one call fails, and makes the others', async () => {
    emulator.faults.add({ match: { operation: 'images.generate' }, fault: { kind: 'status', status: 403 } })
    const { code, text } = await live(['openai', '--yes'])
    expect(code).toBe(1)
    expect(text).toMatch(/^image +\S+ {2}FAILED, \d+ ms, permission: /m)
    expect(text).toMatch(/^embedding +\S+ {2}ok/m)
  })

  test('says why a provider cannot be tried', async () => {
    expect(await live(['anthropic'])).toMatchObject({
      code: 1,
      text: expect.stringContaining('has no credential: set ANTHROPIC_API_KEY,'),
    })
    expect(await live(['nobody'])).toMatchObject({
      code: 1,
      text: expect.stringContaining('There is no provider nobody; there are '),
    })
    for (const argv of [[], ['openai', 'google'], ['--help']]) {
      expect(await live(argv)).toMatchObject({ code: 2, text: expect.stringContaining('Usage:') })
    }
  })
})
