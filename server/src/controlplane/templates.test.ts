import { page, success, Template, TemplatePreview, TemplateRendering, TemplateVersion } from '@turnout/contract'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, testDatabase } from '../../test/database.ts'
import { TurnoutError } from '../core/error.ts'
import { createTemplates } from '../gateway/templates/index.ts'
import type { TemplateOrder } from '../gateway/templates/types.ts'
import { createTemplateStore } from '../registry/templates/store.ts'
import { fakeMaker } from './fakes/templates.ts'
import { secretOf } from './fakes.ts'
import { type Answer, startControlPlane, type TestServer } from './testing.ts'

let database: TestDatabase
let server: TestServer
const orders: TemplateOrder[] = []
const read: string[] = []

beforeAll(async () => {
  database = await testDatabase()
  const logo = new Uint8Array(
    await sharp({ create: { width: 40, height: 20, channels: 3, background: '#00ff00' } })
      .png()
      .toBuffer(),
  )
  const templates = createTemplates({
    store: createTemplateStore(database.db),
    maker: {
      ...fakeMaker,
      make: (order, caller, baseUrl) => {
        orders.push(order)
        return fakeMaker.make(order, caller, baseUrl)
      },
    },
    pictures: {
      readAs:
        ({ keyId }) =>
        async (source, param) => {
          read.push(`${keyId} ${source}`)
          if (source === 'https://assets.example/logo.png') return logo
          if (source === 'https://assets.example/text.png') return new Uint8Array(Buffer.from('no picture'))
          throw new TurnoutError('invalid_input', `${param} cannot be fetched.`, { param })
        },
      keep: async () => 'art_kept00001',
    },
  })
  server = await startControlPlane({ templates })
})
afterAll(async () => {
  await server.stop()
  await database.close()
})

const call = (method: string, path: string, json?: unknown, role: 'viewer' | 'user' | 'admin' = 'admin') =>
  server.call(method, `/api/templates${path}`, { role, ...(json !== undefined && { json }) })

/** A request whose answer is in no envelope. */
const post = (path: string, headers: Record<string, string>, json: unknown) =>
  fetch(`${server.url}/api/templates${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secretOf('user')}`, ...headers },
    body: JSON.stringify(json),
  })

async function send(path: string, headers: Record<string, string>, json: unknown) {
  const response = await post(path, headers, json)
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

const card = (change: object = {}) => ({
  id: 'card',
  name: 'Card',
  variables: {
    name: { type: 'string', required: true, maxLength: 20 },
    n: { type: 'integer', default: 2 },
    logo: { type: 'image' },
  },
  target: { model: 'role:painter', productType: 'card' },
  prompt: 'a card for {{ name }}',
  inputs: { steps: '{{ n }}' },
  options: { width: 400, height: 300 },
  composition: {
    layers: [
      { type: 'text', text: 'Dear {{ name }}', size: { min: 10, max: 40 } },
      { type: 'image', source: '{{ logo }}', anchor: 'bottom-right', width: 40, height: 20 },
    ],
  },
  ...change,
})

describe('/api/templates', () => {
  it('has the built-in ones, which can be copied and not changed', async () => {
    const { body } = await call('GET', '?limit=2', undefined, 'viewer')
    expect(
      page(Template)
        .parse(body)
        .data.map(({ id, builtIn, version }) => [id, builtIn, version]),
    ).toEqual([
      ['billboard', true, 1],
      ['discount-banner', true, 1],
    ])
    for (const cursor of ['AA', 'billboard']) {
      expect((await call('GET', `?cursor=${cursor}`, undefined, 'viewer')).body.error).toMatchObject({
        message: 'cursor must be the nextCursor of the page before.',
      })
    }
    const rest = await call('GET', `?cursor=${body.nextCursor}`, undefined, 'viewer')
    expect([rest.body.data.map(({ id }: Template) => id), rest.body.nextCursor]).toEqual([['product-shot'], null])
    for (const [method, path, json] of [
      ['PUT', '/billboard', card({ id: undefined })],
      ['DELETE', '/billboard', undefined],
      ['POST', '/billboard/rollback', { version: 1 }],
      ['POST', '', card({ id: 'billboard' })],
    ] as const) {
      const refused = await call(method, path, json)
      expect([method, refused.status, refused.body.error.code]).toEqual([method, 403, 'permission'])
    }
    const copied = await call('POST', '/billboard/copy', { id: 'our-billboard', name: 'Ours' })
    expect([copied.status, copied.headers.get('location')]).toEqual([201, '/api/templates/our-billboard'])
    expect(success(Template).parse(copied.body).data).toMatchObject({
      builtIn: false,
      name: 'Ours',
      version: 1,
      author: 'key_admin',
    })
    expect((await call('GET', '/billboard/versions', undefined, 'viewer')).body.data).toHaveLength(1)
    expect((await call('DELETE', '/our-billboard')).status).toBe(200)
  })

  it('keeps every change as a version, and takes one back', async () => {
    expect((await call('POST', '', card())).status).toBe(201)
    expect((await call('POST', '', card())).status).toBe(409)
    const { id: _, ...record } = card({ prompt: 'another card for {{ name }}' })
    expect((await call('PUT', '/card', record)).body.data).toMatchObject({ version: 2, prompt: record.prompt })
    expect((await call('GET', '/card?version=1', undefined, 'viewer')).body.data.prompt).toBe('a card for {{ name }}')
    expect((await call('POST', '/card/rollback', { version: 1 })).body.data).toMatchObject({
      version: 3,
      prompt: 'a card for {{ name }}',
    })
    const { body } = await call('GET', '/card/versions', undefined, 'viewer')
    expect(
      page(TemplateVersion)
        .parse(body)
        .data.map(({ version, author }) => [version, author]),
    ).toEqual([
      [3, 'key_admin'],
      [2, 'key_admin'],
      [1, 'key_admin'],
    ])
    const old = await call('POST', '/card', { variables: { name: 'Ann' }, version: 2, dryRun: true }, 'user')
    expect(old.body.data).toMatchObject({ version: 2, prompt: 'another card for Ann' })
  })

  it('brings back what was deleted', async () => {
    await call('POST', '', card({ id: 'gone' }))
    expect((await call('DELETE', '/gone')).body.data).toEqual({ id: 'gone', deleted: true })
    for (const [method, path, json] of [
      ['GET', '/gone', undefined],
      ['DELETE', '/gone', undefined],
      ['PUT', '/gone', card({ id: undefined })],
      ['POST', '/gone', { variables: {} }],
      ['POST', '/gone/rollback', { version: 2 }],
    ] as const) {
      expect([method, path, (await call(method, path, json)).status]).toEqual([method, path, 404])
    }
    expect((await call('POST', '/gone/rollback', { version: 1 })).body.data).toMatchObject({ version: 3, name: 'Card' })
    await call('DELETE', '/gone')
  })

  it('refuses what is broken, with everything that is wrong', async () => {
    const { status, body } = await call(
      'POST',
      '',
      card({ id: 'broken', prompt: '{{ who }}', inputs: { a: '{% if %}' } }),
    )
    expect([status, body.error.details.map(({ path }: { path: string }) => path)]).toEqual([
      400,
      ['prompt', 'inputs.a'],
    ])
    const shape = await call(
      'POST',
      '',
      card({ id: 'Bad Id', composition: { layers: [{ type: 'text', text: 'x', size: 'big' }] } }),
    )
    expect(shape.body.error.details.map(({ path }: { path: string }) => path).sort()).toEqual([
      'composition.layers[0].size',
      'id',
    ])
  })
})

describe('POST /api/templates/{id}', () => {
  it('tells with dryRun what would be made, and asks nobody', async () => {
    const before = orders.length
    const run = {
      variables: { name: 'Ann', logo: 'https://assets.example/logo.png' },
      dryRun: true,
      options: { seed: 7 },
      model: 'flux-dev',
    }
    const { status, body } = await call('POST', '/card', run, 'user')
    expect(status).toBe(200)
    expect(success(TemplateRendering).parse(body).data).toMatchObject({
      template: 'card',
      version: 3,
      model: 'flux-dev',
      prompt: 'a card for Ann',
      inputs: { steps: 2 },
      options: { width: 400, height: 300, seed: 7 },
      enhance: false,
      layout: {
        width: 400,
        height: 300,
        layers: [{ path: 'layers[0]', lines: ['Dear Ann'], contrast: null }, { type: 'image' }],
      },
      warnings: [],
    })
    expect([orders.length, read]).toEqual([before, []])
  })

  it('orders a job, with pictures that are there and kept', async () => {
    const { status, body } = await send(
      '/card',
      { 'idempotency-key': 'once' },
      {
        variables: { name: 'Ann 🎉', logo: 'https://assets.example/logo.png' },
        wait: 5,
        metadata: { a: 'b' },
        enhance: true,
      },
    )
    expect([status, body.status, body.jobId]).toEqual([200, 'completed', 'job_1'])
    expect(body.data.warnings).toEqual(['layers[0]: the font inter does not have "🎉", which was left out'])
    expect(orders.at(-1)).toMatchObject({
      template: { id: 'card', version: 3 },
      body: {
        model: 'role:painter',
        productType: 'card',
        inputs: { prompt: 'a card for Ann 🎉', steps: 2 },
        options: { width: 400, height: 300 },
        wait: 5,
        metadata: { a: 'b' },
        enhance: true,
      },
      idempotencyKey: 'once',
      composition: { layers: [{ text: 'Dear Ann 🎉' }, { source: 'art_kept00001' }] },
    })
    // The order is stored as JSON.
    expect(JSON.parse(JSON.stringify(orders.at(-1)!.composition))).toEqual(orders.at(-1)!.composition)
    expect(read).toEqual(['key_user https://assets.example/logo.png'])
  })

  it.each([
    [{ variables: {} }, ['variables.name']],
    [{ variables: { name: 'x'.repeat(21), n: 'two', other: 1 } }, ['variables.name', 'variables.n', 'variables.other']],
    [{ variables: { name: 'שלום' } }, ['composition.layers[0].text']],
    [{ variables: { name: 'x' }, options: { width: 1 }, wrong: 1 }, ['options.width', 'wrong']],
  ])('refuses %j before anything is paid, with every path', async (json, paths) => {
    const before = orders.length
    const { status, body } = await call('POST', '/card', json, 'user')
    expect([status, body.error.details.map(({ path }: { path: string }) => path)]).toEqual([400, paths])
    expect(orders.length).toBe(before)
  })

  it.each([
    ['none.png', 'composition.layers[1].source cannot be fetched.'],
    ['text.png', 'composition.layers[1].source is not a picture that can be drawn.'],
  ])('refuses the logo %s before anything is paid', async (name, message) => {
    const before = orders.length
    const json = { variables: { name: 'x', logo: `https://assets.example/${name}` } }
    const { status, body } = await call('POST', '/card', json, 'user')
    expect([status, body.error.message]).toEqual([400, message])
    expect(orders.length).toBe(before)
  })
})

describe('POST /api/templates/{id}/preview', () => {
  it('draws without a model', async () => {
    const json = { variables: { name: 'Ann' }, background: '#000000' }
    const { body } = await call('POST', '/card/preview', json, 'user')
    const preview = success(TemplatePreview).parse(body).data
    expect(preview).toMatchObject({
      template: 'card',
      mediaType: 'image/png',
      warnings: [],
      layout: { layers: [{ color: '#ffffff' }] },
    })
    const bytes = Buffer.from(preview.base64, 'base64')
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 400, height: 300, format: 'png' })
    const picture = await post('/card/preview', { accept: 'image/*' }, json)
    expect(picture.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await picture.arrayBuffer()).equals(bytes)).toBe(true)
  })

  it('draws over a picture', async () => {
    const json = { variables: { name: 'Ann' }, picture: 'https://assets.example/logo.png' }
    const { body } = await call('POST', '/card/preview', json, 'user')
    expect(body.data.layout).toMatchObject({ width: 40, height: 20 })
    const refused = await call('POST', '/card/preview', { ...json, picture: 'https://assets.example/none.png' }, 'user')
    expect([refused.status, refused.body.error.message]).toEqual([400, 'picture cannot be fetched.'])
  })

  it('has nothing to draw where there is no composition', async () => {
    await call('POST', '', card({ id: 'plain', composition: null }))
    const { status, body } = await call('POST', '/plain/preview', { variables: { name: 'x' } }, 'user')
    expect([status, body.error.details[0].path]).toEqual([400, 'composition'])
    expect(
      (await call('POST', '/plain', { variables: { name: 'x' }, dryRun: true }, 'user')).body.data.layout,
    ).toBeNull()
  })
})
