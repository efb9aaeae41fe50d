import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { GeneratedImage, Job } from '@turnout/contract'
import { startEmulator } from '@turnout/emulator'
import OpenAI, { toFile } from 'openai'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { freshDataDir, removeDataDir } from '../database.ts'
import { ADMIN_KEY, startGateway } from '../gateway.ts'
import { readMetrics } from '../metrics-page.ts'
import { type JobWorld, jobWorld, waitFor } from './world.ts'

const MODEL = 'flux-2-pro'
const PNG = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#306080' } })
  .png()
  .toBuffer()

let world: JobWorld
let client: OpenAI
beforeAll(async () => {
  world = await jobWorld({
    configuration: 'pools: { pictures: { members: [flux-2-pro, flux-dev] } }',
    doubles: { pendingPolls: 0 },
    env: { TURNOUT_JOBS_PER_MODEL: '100', TURNOUT_JOBS_PER_KEY: '100' },
  })
  client = world.gateway.client
})
afterAll(() => world.close())
afterEach(() => world.emulator.reset())

const draw = (params: object = {}, options?: OpenAI.RequestOptions) =>
  client.images.generate({ model: MODEL, prompt: 'A red door', stream: false, ...params }, options).withResponse()

/** The failure of a request that must fail. */
const failure = (params: object, options?: OpenAI.RequestOptions) =>
  draw(params, options).then(
    () => expect.unreachable(),
    (error: unknown) => error as InstanceType<typeof OpenAI.APIError>,
  )

const idOf = (headers: Headers | undefined) => headers?.get('x-turnout-job-id') ?? ''
const jobOf = (headers: Headers | undefined): Promise<Job> => world.job(idOf(headers))
const newest = async (): Promise<Job> => (await world.gateway.api('GET', '/api/jobs?limit=1')).body.data[0]
const ledger = async (headers: Headers | undefined) => {
  const { body } = await world.gateway.api('GET', `/api/usage?requestId=${headers?.get('x-turnout-request-id')}`)
  return body.data as Record<string, unknown>[]
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const bytesOf = ({ b64_json }: OpenAI.Image) => Buffer.from(b64_json!, 'base64')
const uploads = async () =>
  (await world.gateway.api('GET', '/api/artifacts?kind=upload')).body.data as { createdAt: string; expiresAt: string }[]

describe('a picture', () => {
  it('is a job, kept in our storage, and answered as base64 out of it', async () => {
    const { data, response } = await draw({ size: '768x512', seed: 7, user: 'user123' })
    const job = await jobOf(response.headers)
    expect(job).toMatchObject({ state: 'succeeded', model: MODEL, userId: 'user123', cost: { settled: '0.03' } })
    expect(job.inputs).toEqual({ prompt: 'A red door', size: '768x512', seed: 7 })
    expect(data.data).toHaveLength(1)
    expect(sha256(bytesOf(data.data![0]!))).toBe(job.outputs[0]!.sha256)
    expect(job.outputs[0]).toMatchObject({ width: 768, height: 512 })
    expect(response.headers.get('x-turnout-cost')).toBe('0.03')
    expect(response.headers.get('x-turnout-provider')).toBe('bfl')
    const { upstreamRequestId } = job.attempts[0]!
    expect(upstreamRequestId).toEqual(expect.any(String))
    expect(await ledger(response.headers)).toMatchObject([
      {
        upstreamRequestId,
        operation: 'images.generate',
        model: MODEL,
        outcome: 'succeeded',
        cost: '0.03',
        user: 'user123',
      },
    ])
    expect(world.generations()).toBe(1)
  })

  it('may be a link, which works without a key', async () => {
    const { data, response } = await draw({ response_format: 'url' })
    const [output] = (await jobOf(response.headers)).outputs
    expect(data.data![0]).not.toHaveProperty('b64_json')
    const bytes = Buffer.from(await (await fetch(data.data![0]!.url!)).arrayBuffer())
    expect(sha256(bytes)).toBe(output!.sha256)
  })

  it('of an upstream that speaks the dialect is one too, in its own words, which that upstream judges', async () => {
    const gpt = { model: 'gpt-image-2', quality: 'low', size: '1024x1024', user: 'user123' }
    const { data, response } = await draw({ ...gpt, n: 2 })
    const job = await jobOf(response.headers)
    expect(data.data!.map(bytesOf).map(sha256)).toEqual(job.outputs.map((output) => output.sha256))
    expect(data.usage!.total_tokens).toBeGreaterThan(0)
    expect(Number(response.headers.get('x-turnout-cost'))).toBeGreaterThan(0)
    expect(data).toMatchObject({ quality: 'low', size: '1024x1024', output_format: 'png' })
    expect(world.generations()).toBe(1)
    expect(world.emulator.requests().at(-1)!.body).toEqual({ ...gpt, prompt: 'A red door', n: 2 })
    await draw({ model: 'gpt-image-2', size: 'auto' })
    expect(world.emulator.requests().at(-1)!.body).toEqual({ model: 'gpt-image-2', prompt: 'A red door', size: 'auto' })
    const judged = await failure({ ...gpt, news_to_us: 1 })
    expect(judged).toMatchObject({ status: 400, code: 'invalid_input', param: 'news_to_us' })
    expect(await jobOf(judged.headers)).toMatchObject({ state: 'failed', cost: { settled: '0' } })
    expect(world.emulator.requests().at(-1)!.body).toMatchObject({ news_to_us: 1 })
  })

  it.each(['gpt-image-2', MODEL])('of %s is counted with what it has cost', async (model) => {
    const provider = model === MODEL ? 'bfl' : 'openai'
    const counted = async () => {
      const page = await readMetrics(world.gateway.url, ADMIN_KEY)
      const at = (name: string) => page.at(`${name}{provider="${provider}",model="${model}"}`)
      return { images: at('turnout_images_total'), dollars: at('turnout_cost_dollars_total') }
    }
    const before = await counted()
    const { response } = await draw({ model })
    const after = await counted()
    expect(after.images - before.images).toBe(1)
    expect(after.dollars - before.dollars).toBeCloseTo(Number(response.headers.get('x-turnout-cost')), 9)
  })

  it('that is streamed is none', async () => {
    const stream = await client.images.generate({
      model: 'gpt-image-2',
      prompt: 'A red door',
      quality: 'low',
      stream: true,
      partial_images: 1,
    })
    const before = await newest()
    expect((await Array.fromAsync(stream)).at(-1)!.type).toBe('image_generation.completed')
    expect((await newest()).id).toBe(before.id)
  })

  it('of a pool comes from the next member where the first cannot', async () => {
    const fault = { kind: 'status' as const, status: 503 }
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault, times: 2 })
    const { response } = await draw({ model: 'pool:pictures' })
    expect(response.headers.get('x-turnout-route')).toBe('pool:pictures')
    expect(response.headers.get('x-turnout-model')).toBe('flux-dev')
    expect(response.headers.get('x-turnout-attempts')).toBe('3')
    expect(response.headers.get('x-turnout-fallbacks')).toBe('1')
  })
})

describe('several pictures', () => {
  it('come in order, each with the next seed, and that is told', async () => {
    const { data, response } = await draw({ n: 3, seed: 10 })
    const job = await jobOf(response.headers)
    expect(data.data!.map(bytesOf).map(sha256)).toEqual(job.outputs.map((output) => output.sha256))
    const { mapped } = (data as unknown as { turnout: { mapped: object[] } }).turnout
    expect(mapped).toEqual([expect.objectContaining({ setting: 'seed', asked: 10, used: [10, 11, 12] })])
    expect(response.headers.get('x-turnout-cost')).toBe('0.09')
    expect(world.generations()).toBe(3)
  })

  it('are those that could be made, with a warning that says what is missing', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'moderated' } })
    const { data, response } = await draw({ n: 3 })
    expect(data.data).toHaveLength(2)
    expect(response.headers.get('x-turnout-warnings')).toContain('1 of 3 pictures could not be made: ')
    expect(response.headers.get('x-turnout-cost')).toBe('0.06')
  })
})

describe('an edit', () => {
  const edit = { model: 'gpt-image-2', prompt: 'snow', quality: 'low' } as const
  const aFile = expect.stringMatching(/^file_/)

  it('by form keeps what it brings until it is done', async () => {
    const image = [await toFile(PNG, 'a.png', { type: 'image/png' }), await toFile(PNG, 'b.png', { type: 'image/png' })]
    const mask = await toFile(PNG, 'mask.png', { type: 'image/png' })
    const { data, response } = await client.images.edit({ ...edit, image, mask }).withResponse()
    const job = await jobOf(response.headers)
    expect(sha256(bytesOf(data.data![0]!))).toBe(job.outputs[0]!.sha256)
    expect(job.inputs).toMatchObject({ prompt: 'snow', images: [aFile, aFile], mask: aFile })
    const { files } = world.emulator.requests().at(-1)!.body as { files: { name: string; bytes: number }[] }
    expect(files.map(({ name, bytes }) => [name, bytes]).sort()).toEqual([
      ['image[]', PNG.length],
      ['image[]', PNG.length],
      ['mask', PNG.length],
    ])
    expect(await ledger(response.headers)).toMatchObject([{ operation: 'images.edit', outcome: 'succeeded' }])
    await waitFor(async () => expect(await uploads()).toEqual([]))
  })

  it('by JSON takes data URLs and what is kept here, and keeps what a failed one may need again', async () => {
    const images = [{ image_url: `data:image/png;base64,${PNG.toString('base64')}` }]
    const ask = () =>
      fetch(`${world.gateway.url}/v1/images/edits`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...edit, images }),
      })
    world.emulator.faults.add({ match: { provider: 'openai' }, fault: { kind: 'status', status: 400 } })
    const refused = await ask()
    expect(refused.status).toBe(400)
    const left = await uploads()
    expect(left.map(({ createdAt, expiresAt }) => Date.parse(expiresAt) - Date.parse(createdAt))).toEqual([
      expect.closeTo(86_400_000, -4),
    ])
    const again = await world.gateway.api('POST', `/api/jobs/${idOf(refused.headers)}/retry`)
    expect(await world.over(again.body.data.id)).toMatchObject({ state: 'succeeded', error: null })
    expect((await ask()).status).toBe(200)
  })
})

describe('a failure', () => {
  it('has the code, the message and the word on repeating that it has without a job', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'moderated' } })
    const withheld = await failure({})
    expect(withheld).toMatchObject({ status: 400, code: 'content_policy' })
    expect(withheld.headers?.get('x-should-retry')).toBe('false')
    expect(withheld.headers?.get('x-turnout-attempts')).toBe('1')
    const busy = { kind: 'status' as const, status: 429, headers: { 'retry-after': '1' } }
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: busy, times: 9 })
    const limited = await failure({})
    expect(limited).toMatchObject({ status: 429, code: 'rate_limit' })
    expect([limited.headers?.get('x-should-retry'), limited.headers?.get('retry-after')]).toEqual(['true', '1'])
  })

  it('whose outcome nobody knows is told as such, and nothing is sent again', async () => {
    world.emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'reset', billed: true }, times: 9 })
    const lost = await failure({})
    expect(lost).toMatchObject({ status: 502, code: 'unknown_outcome' })
    expect(lost.headers?.get('x-should-retry')).toBe('false')
    expect(await jobOf(lost.headers)).toMatchObject({ state: 'unknown', cost: { settled: null } })
    expect(await ledger(lost.headers)).toMatchObject([{ outcome: 'unknown', cost: null }])
    expect(world.generations()).toBe(1)
  })

  it.each<[string, object, string, string]>([
    ['a field that nobody knows', { nonsense: 1 }, 'invalid_input', 'nonsense'],
    ['a setting that is none', { seed: 'x' }, 'invalid_input', 'seed'],
    ['a size that is none', { size: 'big' }, 'invalid_input', 'size'],
  ])('%s is refused by its name, and there is no job', async (_, params, code, param) => {
    const refused = await failure(params)
    expect(refused).toMatchObject({ status: 400, code, param })
    expect(idOf(refused.headers)).toBe('')
    expect(world.emulator.requests()).toEqual([])
  })
})

describe('an Idempotency-Key', () => {
  const named = (key: string) => ({ headers: { 'Idempotency-Key': key } })

  it('makes one job of the same request, and refuses another one', async () => {
    const image = () => toFile(PNG, 'a.png', { type: 'image/png' })
    const ask = async (prompt: string) =>
      client.images
        .edit({ model: 'gpt-image-2', quality: 'low', prompt, image: await image() }, named('tram'))
        .withResponse()
    const first = await ask('snow')
    const again = await ask('snow')
    expect(idOf(again.response.headers)).toBe(idOf(first.response.headers))
    expect(again.data.data).toEqual(first.data.data)
    expect(world.generations()).toBe(1)
    await expect(ask('rain')).rejects.toMatchObject({ status: 409, param: 'Idempotency-Key' })
  })

  it('lets the job go on where the client goes away; without one it is canceled', async () => {
    const leave = async (options: OpenAI.RequestOptions) => {
      world.emulator.faults.add({ match: { provider: 'fal' }, fault: { kind: 'late-success', polls: 8 } })
      const before = (await newest()).id
      const leaving = new AbortController()
      const asked = draw({ model: 'flux-dev' }, { ...options, signal: leaving.signal }).catch(() => 'left')
      const { id } = await waitFor(async () => {
        const job = await newest()
        expect(job.id).not.toBe(before)
        expect(job.attempts[0]?.state).toBe('accepted')
        return job
      })
      leaving.abort()
      expect(await asked).toBe('left')
      return id
    }
    expect(await world.over(await leave({}))).toMatchObject({ state: 'canceled' })
    world.emulator.reset()
    const id = await leave(named('patience'))
    const { data, response } = await draw({ model: 'flux-dev' }, named('patience'))
    expect(idOf(response.headers)).toBe(id)
    expect(data.data).toHaveLength(1)
    expect(world.generations()).toBe(1)
  })
})

describe('a client that goes away without one', () => {
  it('takes a call with it that would answer with the picture itself; what that costs, nobody knows', async () => {
    world.emulator.faults.add({ match: { provider: 'openai' }, fault: { kind: 'silence' }, times: 9 })
    const leaving = new AbortController()
    const asked = draw({ model: 'gpt-image-2' }, { signal: leaving.signal }).catch(() => 'left')
    await waitFor(() => expect(world.emulator.requests()).toHaveLength(1))
    leaving.abort()
    expect(await asked).toBe('left')
    await waitFor(() => expect(world.emulator.aborted()).toHaveLength(1))
    const job = await world.over((await newest()).id)
    expect(job).toMatchObject({ state: 'canceled', cost: { settled: null }, attempts: [{ state: 'canceled' }] })
    const { body } = await world.gateway.api('GET', '/api/usage?limit=1')
    expect(body.data).toMatchObject([{ outcome: 'canceled', errorCode: 'canceled', cost: null }])
    expect(world.emulator.requests()).toHaveLength(1)
  })
})

it('does not wait for a provider that keeps all its others waiting', async () => {
  const silent = 64
  world.emulator.faults.add({ match: { provider: 'openai' }, fault: { kind: 'silence' }, times: silent })
  const jobs = Array.from({ length: silent }, () => ({
    kind: 'image',
    model: 'gpt-image-2',
    inputs: { prompt: 'A red door' },
  }))
  const { body } = await world.gateway.api('POST', '/api/jobs/batch', { jobs })
  await waitFor(() => expect(world.emulator.requests()).toHaveLength(silent))
  expect((await draw()).data.data).toHaveLength(1)
  const members = body.data.jobs as Job[]
  await Promise.all(members.map(({ id }) => world.gateway.api('POST', `/api/jobs/${id}/cancel`)))
  await waitFor(() => expect(world.emulator.aborted()).toHaveLength(silent))
})

describe('the native API', () => {
  const order = (body: object, headers: Record<string, string> = {}) =>
    fetch(`${world.gateway.url}/api/generate-image`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ modelId: MODEL, prompt: 'A red door', ...body }),
    })

  it('draws by a job as well, which shows what was asked for, and keeps what that brought until it is done', async () => {
    const image = `data:image/png;base64,${PNG.toString('base64')}`
    const before = await uploads()
    const response = await order({ width: 768, height: 512, seed: 7, images: [image], user: 'user123' })
    const { data } = (await response.json()) as { data: GeneratedImage }
    const job = await jobOf(response.headers)
    const file = expect.stringMatching(/^file_/)
    expect(job).toMatchObject({ state: 'succeeded', model: MODEL, userId: 'user123' })
    expect(job.inputs).toEqual({ prompt: 'A red door', width: 768, height: 512, seed: 7, count: 1, images: [file] })
    expect(data).toMatchObject({ model: MODEL, provider: 'bfl', attempts: 1, cost: job.cost.settled, warnings: [] })
    expect(data.images.map(({ base64 }) => sha256(Buffer.from(base64!, 'base64')))).toEqual([job.outputs[0]!.sha256])
    await waitFor(async () => expect(await uploads()).toHaveLength(before.length))
  })

  it('takes an Idempotency-Key', async () => {
    const named = { 'idempotency-key': 'native-tram' }
    const [first, again] = [await order({}, named), await order({}, named)]
    expect(idOf(again.headers)).toBe(idOf(first.headers))
    expect((await order({ prompt: 'rain' }, named)).status).toBe(409)
    expect(world.generations()).toBe(1)
  })
})

const CHILD = `
  const { startServer } = await import(${JSON.stringify(new URL('../../src/main.ts', import.meta.url).href)})
  const { parseOptions } = await import(${JSON.stringify(new URL('../../src/options.ts', import.meta.url).href)})
  const [, dataDir] = process.argv
  const server = await startServer(parseOptions(['--port', '0', '--data-dir', dataDir], process.env))
  process.send(server.url)
`

it('goes on after the process was killed, and the same request gets its pictures', async () => {
  const emulator = await startEmulator({ pendingPolls: 0 })
  emulator.faults.add({ match: { provider: 'bfl' }, fault: { kind: 'late-success', polls: 4 } })
  const dataDir = await freshDataDir()
  const configuration = `providers: { bfl: { baseUrl: '${emulator.baseUrl('bfl')}/v1' } }`
  await writeFile(`${dataDir}/turnout.yaml`, configuration)
  const env = { BFL_API_KEY: 'bfl-upstream-credential' }
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', CHILD, dataDir], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...process.env,
      ...env,
      TURNOUT_ADMIN_KEY: ADMIN_KEY,
      TURNOUT_CONFIG: `${dataDir}/turnout.yaml`,
      LOG_LEVEL: 'silent',
    },
  })
  const ask = (url: string) =>
    new OpenAI({ baseURL: `${url}/v1`, apiKey: ADMIN_KEY, maxRetries: 0 }).images
      .generate({ model: MODEL, prompt: 'A red door' }, { headers: { 'Idempotency-Key': 'survivor' } })
      .withResponse()
  try {
    const [url] = (await once(child, 'message')) as [string]
    const cut = ask(url).catch(() => 'cut')
    await waitFor(() => expect(emulator.requests().some(({ operation }) => operation === 'bfl.poll')).toBe(true))
    child.kill('SIGKILL')
    expect(await cut).toBe('cut')
    const gateway = await startGateway({ dataDir, configuration, env })
    try {
      const { data, response } = await ask(gateway.url)
      expect(data.data).toHaveLength(1)
      const { body } = await gateway.api('GET', '/api/jobs')
      expect(body.data).toMatchObject([{ id: idOf(response.headers), state: 'succeeded' }])
      expect(emulator.bill().calls).toBe(1)
    } finally {
      await gateway.close()
    }
  } finally {
    child.kill('SIGKILL')
    await emulator.close()
    await removeDataDir(dataDir)
  }
})
