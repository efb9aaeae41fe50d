import { Attempt, CreatedKey, Health, Model, page, success, UsageTotal, VirtualKey } from '@turnout/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aModel, fakeLedger, fakeRegistry, NOW } from './fakes.ts'
import { startControlPlane, type TestServer } from './testing.ts'

const { ledger, asked } = fakeLedger()
let server: TestServer
beforeAll(async () => {
  const overridden = aModel('mine', { provenance: { layer: 'database', overrides: ['catalog'], fields: {} } })
  const flux = aModel('fal-ai/flux/dev', { provider: 'fal', output: ['image'], available: false, enabled: false })
  server = await startControlPlane({ ledger, registry: fakeRegistry([aModel('writer'), flux, overridden]) })
})
afterAll(() => server.stop())

const ids = (body: { data: { id: string }[] }) => body.data.map(({ id }) => id)

describe('/api/models', () => {
  it.each([
    ['', ['fal-ai/flux/dev', 'mine', 'writer']],
    ['?type=image', ['fal-ai/flux/dev']],
    ['?provider=openai', ['mine', 'writer']],
    ['?enabled=false', ['fal-ai/flux/dev']],
    ['?available=true&type=text', ['mine', 'writer']],
    ['?provider=nobody', []],
  ])('lists%s', async (query, expected) => {
    const { status, body } = await server.call('GET', `/api/models${query}`, { role: 'viewer' })
    expect(status).toBe(200)
    page(Model).parse(body)
    expect([ids(body), body.nextCursor]).toEqual([expected, null])
  })

  it('lists page by page', async () => {
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await server.call('GET', `/api/models?limit=1${cursor && `&cursor=${cursor}`}`, {
        role: 'viewer',
      })
      expect(body.data).toHaveLength(1)
      seen.push(...ids(body))
      cursor = body.nextCursor ?? ''
    } while (cursor)
    expect(seen).toEqual(['fal-ai/flux/dev', 'mine', 'writer'])
  })

  it.each(['fal-ai/flux/dev', 'fal-ai%2Fflux%2Fdev'])('reads %s, its slashes plain or encoded', async (id) => {
    const { status, body } = await server.call('GET', `/api/models/${id}`, { role: 'viewer' })
    expect([status, success(Model).parse(body).data.id]).toEqual([200, 'fal-ai/flux/dev'])
  })

  it('names the nearest ones for a model that does not exist', async () => {
    const { status, body } = await server.call('GET', '/api/models/write', { role: 'viewer' })
    expect([status, body.error.code]).toEqual([404, 'model_not_found'])
    expect(body.error.message).toContain('near: writer')
  })

  it('adds one and tells where it is', async () => {
    const running = await startControlPlane()
    const json = { id: 'org/new model' }
    const { status, headers, body } = await running.call('POST', '/api/models', { role: 'admin', json })
    expect([status, success(Model).parse(body).data.id]).toEqual([201, 'org/new model'])
    const found = await running.call('GET', headers.get('location')!, { role: 'viewer' })
    expect(found.body.data.id).toBe('org/new model')
    await running.stop()
  })

  it('replaces one', async () => {
    const put = (path: string, json: unknown) => server.call('PUT', `/api/models/${path}`, { role: 'admin', json })
    expect((await put('fal-ai/flux/dev', { name: 'Flux' })).body.data).toMatchObject({
      id: 'fal-ai/flux/dev',
      name: 'Flux',
    })
    expect((await put('writer', { id: 'other' })).body.error.details[0].path).toBe('id')
    expect((await put('nothing', {})).status).toBe(404)
  })

  it('deletes one and tells what that revealed', async () => {
    const remove = (path: string) =>
      server.call('DELETE', `/api/models/${path}`, { role: 'admin', headers: { 'content-type': 'application/json' } })
    expect((await remove('writer')).body.data).toEqual({ deleted: true, revealed: null })
    expect((await remove('mine')).body.data).toMatchObject({ deleted: true, revealed: { id: 'mine' } })
    expect((await remove('nothing')).status).toBe(404)
  })
})

it('/api/registry tells problems and providers, and no credential', async () => {
  const { status, body } = await server.call('GET', '/api/registry', { role: 'admin' })
  expect(status).toBe(200)
  expect(body.data).toEqual({
    version: 7,
    promptModel: 'writer',
    providers: [
      {
        id: 'openai',
        adapter: 'openai',
        baseUrl: 'https://example.com/v1',
        configured: true,
        local: false,
        emulated: false,
      },
    ],
    problems: [{ layer: 'environment', where: 'MODEL_2_NAME', message: 'is missing' }],
  })
})

describe('/api/keys', () => {
  it('lists page by page, issues and revokes', async () => {
    const first = await server.call('GET', '/api/keys?limit=1', { role: 'admin' })
    expect(page(VirtualKey).parse(first.body)).toMatchObject({ data: [{ id: 'key_a' }], nextCursor: 'more' })
    expect((await server.call('GET', '/api/keys?cursor=more', { role: 'admin' })).body.nextCursor).toBeNull()
    const created = await server.call('POST', '/api/keys', { role: 'admin', json: { name: ' app ', role: 'viewer' } })
    expect(created.status).toBe(201)
    const key = success(CreatedKey).parse(created.body).data
    expect(key).toMatchObject({ name: 'app', role: 'viewer', secret: 'trn_shown_once' })
    const revoked = await server.call('DELETE', '/api/keys/key_a', { role: 'admin' })
    expect(success(VirtualKey).parse(revoked.body).data.revokedAt).toBe(NOW)
  })

  it('refuses a role, a date or a key that does not exist', async () => {
    const json = { name: '', role: 'king', expiresAt: 'soon' }
    const { body } = await server.call('POST', '/api/keys', { role: 'admin', json })
    expect(body.error.details.map(({ path }: { path: string }) => path)).toEqual(['name', 'role', 'expiresAt'])
    const more = { name: 'a\0', owner: 'b\rc', limits: { requestPerMinute: 5 }, expiresAt: '0000-01-01T00:00:00Z' }
    expect((await server.call('POST', '/api/keys', { role: 'admin', json: more })).body.error.details).toEqual([
      { path: 'name', message: 'must have no control characters' },
      { path: 'owner', message: 'must have no control characters' },
      {
        path: 'limits.requestPerMinute',
        message: 'is not known; allowed: requestsPerMinute, jobs, retentionDays',
      },
      { path: 'expiresAt', message: 'must lie in the years 1 to 9999' },
    ])
    expect((await server.call('DELETE', '/api/keys/nobody', { role: 'admin' })).body.error.code).toBe('not_found')
  })
})

describe('/api/usage', () => {
  it('hands every filter on for an admin', async () => {
    const query =
      'model=m&provider=p&keyId=k&user=u&outcome=failed&requestId=r&from=2026-01-01&to=2026-02-01T00:00:00%2B01:00'
    const { status, body } = await server.call('GET', `/api/usage?${query}&limit=5&cursor=c`, { role: 'admin' })
    expect(status).toBe(200)
    page(Attempt).parse(body)
    expect(asked.at(-1)).toEqual({
      filter: {
        model: 'm',
        provider: 'p',
        keyId: 'k',
        user: 'u',
        outcome: 'failed',
        requestId: 'r',
        from: new Date('2026-01-01T00:00:00Z'),
        to: new Date('2026-01-31T23:00:00Z'),
      },
      page: { limit: 5, cursor: 'c' },
    })
    const totals = await server.call('GET', '/api/usage/totals?by=day&model=m', { role: 'admin' })
    page(UsageTotal).parse(totals.body)
    expect(asked.at(-1)).toEqual({ filter: { model: 'm' }, by: 'day' })
  })

  it.each(['/api/usage', '/api/usage/totals'])('shows others only what is their own: %s', async (path) => {
    for (const role of ['viewer', 'user'] as const) {
      expect((await server.call('GET', path, { role })).status).toBe(200)
      expect(asked.at(-1)?.filter).toEqual({ keyId: `key_${role}` })
      expect((await server.call('GET', `${path}?keyId=key_${role}`, { role })).status).toBe(200)
      const before = asked.length
      const other = await server.call('GET', `${path}?keyId=key_admin`, { role })
      expect([other.status, other.body.error.code, asked.length]).toEqual([403, 'permission', before])
    }
  })

  it('refuses what it does not know', async () => {
    const call = (query: string) => server.call('GET', `/api/usage${query}`, { role: 'viewer' })
    expect((await call('?from=yesterday')).body.error.message).toContain('from must be a date (2026-01-31)')
    expect((await call('?outcome=fine')).body.error.message).toContain('outcome must be one of "running"')
    expect((await call('/totals?by=mood')).body.error.message).toContain('by must be one of "day"')
  })
})

describe('health', () => {
  it('tells the state in the envelope', async () => {
    const { status, body } = await server.call('GET', '/api/health')
    expect(status).toBe(200)
    expect(success(Health.strict()).parse(body).data.summary.percentage).toBe(100)
  })

  it('answers load balancers in plain', async () => {
    expect((await server.call('GET', '/livez')).body).toEqual({ status: 'ok' })
    expect((await server.call('GET', '/readyz')).body).toEqual({ status: 'ready' })
    const health = { read: () => ({}) as Health, ready: () => ({ ready: false, reason: 'stopping' }) }
    const stopping = await startControlPlane({ health })
    const { status, body } = await stopping.call('GET', '/readyz')
    const broken = await stopping.call('GET', '/api/health')
    await stopping.stop()
    expect([status, body]).toEqual([503, { status: 'not ready', reason: 'stopping' }])
    expect([broken.status, broken.body.error.code]).toEqual([500, 'internal'])
  })
})
