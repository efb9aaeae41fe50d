import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Model, ModelPatch } from '@turnout/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SafeFetcher } from '../lib/http/safe-fetch.ts'
import type { Registry } from '../registry/types.ts'
import { importModel } from './model-import.ts'

const INPUT = {
  type: 'object',
  required: ['prompt'],
  properties: { prompt: { type: 'string' }, seed: { type: 'integer' } },
}
const DOCUMENT = {
  openapi: '3.0.4',
  info: { title: 'Queue OpenAPI for studio/painter' },
  components: {
    schemas: { PainterInput: INPUT, PainterOutput: { type: 'object', properties: { images: { type: 'array' } } } },
  },
}

const ANSWERS: Readonly<Record<string, [status: number, body: string]>> = {
  'studio/painter': [200, JSON.stringify(DOCUMENT)],
  'studio/prose': [200, '<html>no description</html>'],
  'studio/nested': [200, `${'['.repeat(9_000)}${']'.repeat(9_000)}`],
  'studio/endless': [200, JSON.stringify({ filler: 'x'.repeat(3 * 1024 * 1024) })],
  'studio/broken': [500, 'oops'],
}

let publisher: Server
let schemaUrl: string
const asked: string[] = []
beforeAll(async () => {
  publisher = createServer((request, response) => {
    const endpoint = new URL(request.url ?? '', 'http://publisher.example').searchParams.get('endpoint_id') ?? ''
    asked.push(endpoint)
    const [status, body] = ANSWERS[endpoint] ?? [404, '{"detail":"Not Found"}']
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  await new Promise<void>((resolve) => publisher.listen(0, '127.0.0.1', resolve))
  schemaUrl = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/openapi.json?endpoint_id=`
})
afterAll(() => {
  publisher.close()
})

/** A registry that keeps what it is given. */
function world() {
  const kept: ModelPatch[] = []
  const registry = {
    createModel: async (record: ModelPatch) => {
      kept.push(ModelPatch.parse(record))
      return record as unknown as Model
    },
  } as Partial<Registry> as Registry
  const run = (endpoint: string, more: object = {}, dryRun = false) =>
    importModel({ provider: 'fal', endpoint, ...more }, dryRun, { registry, fetcher: new SafeFetcher(), schemaUrl })
  return { kept, run }
}

describe('an endpoint', () => {
  it('is fetched from where its provider publishes it, and kept', async () => {
    const { kept, run } = world()
    const { record, model, schema } = await run('studio/painter')
    expect(asked).toContain('studio/painter')
    expect(kept).toEqual([record])
    expect(model).not.toBeNull()
    expect(record).toMatchObject({
      id: 'fal/studio/painter',
      upstreamId: 'studio/painter',
      output: ['image'],
      prices: null,
    })
    expect(Object.keys(schema.properties as object)).toEqual(expect.arrayContaining(['prompt', 'seed', 'num_images']))
  })

  it('is only shown in a dry run', async () => {
    const { kept, run } = world()
    expect(await run('studio/painter', {}, true)).toMatchObject({ model: null, record: { id: 'fal/studio/painter' } })
    expect(kept).toEqual([])
  })

  it('is not asked for where its description was pasted', async () => {
    const { kept, run } = world()
    const before = asked.length
    await run('studio/private', {
      schema: DOCUMENT,
      prices: { rates: [{ unit: 'image', usd: '0.02', per: 1 }], source: 'list', asOf: '2026-11-20' },
    })
    expect(asked).toHaveLength(before)
    expect(kept[0]?.prices?.rates[0]?.usd).toBe('0.02')
  })

  it.each([
    ['studio/unknown', 'invalid_input', /knows no studio\/unknown/],
    ['studio/prose', 'invalid_input', /publishes no description/],
    ['studio/nested', 'invalid_input', /publishes no description/],
    ['studio/endless', 'connection', /larger than 2097152 bytes/],
    ['studio/broken', 'connection', /status 500/],
  ])('%s is refused and not kept', async (endpoint, code, message) => {
    const { kept, run } = world()
    await expect(run(endpoint)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      param: 'endpoint',
    })
    expect(kept).toEqual([])
  })

  it('of another provider must be described', async () => {
    await expect(world().run('owner/name', { provider: 'huggingface' })).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'schema',
    })
  })
})

it('a private place is not fetched from, whatever its name resolves to', async () => {
  const fetcher = new SafeFetcher({ resolve: async () => [{ address: '127.0.0.1', family: 4 }] })
  const services = { registry: {} as Registry, fetcher }
  await expect(importModel({ provider: 'fal', endpoint: 'studio/painter' }, true, services)).rejects.toMatchObject({
    code: 'connection',
    message: expect.stringContaining('not on the public internet'),
  })
})
