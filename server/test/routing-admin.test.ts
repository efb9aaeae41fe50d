import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ configuration: 'pools: { fast: { members: [gpt-5.4-nano] } }' })
})
afterAll(() => gateway.close())

const api = (method: string, path: string, body?: unknown, key?: string | null) => gateway.api(method, path, body, key)

describe('pools and roles', () => {
  test('are made, replaced, followed and rolled back, revision by revision', async () => {
    const first = await api('PUT', '/api/pools/smart', { members: ['gpt-5.4', { model: 'gpt-5.5', weight: 2 }] })
    expect(first.status).toBe(200)
    expect(first.body.data).toMatchObject({
      name: 'smart',
      layer: 'database',
      overrides: [],
      revision: 1,
      strategy: 'priority',
      members: [
        { model: 'gpt-5.4', weight: 1 },
        { model: 'gpt-5.5', weight: 2 },
      ],
    })
    await api('PUT', '/api/pools/smart', { members: ['gpt-5.5'], strategy: 'weighted' })
    const role = await api('PUT', '/api/roles/writer', { pool: 'smart', products: { landing: 'fast' } })
    expect(role.body.data).toMatchObject({ name: 'writer', pool: 'smart', revision: 1 })

    const { body } = await api('GET', '/api/pools/smart/revisions')
    for (const { changes } of body.data)
      changes.sort((a: { field: string }, b: { field: string }) => (a.field < b.field ? -1 : 1))
    expect(body.data).toMatchObject([
      {
        revision: 2,
        author: expect.any(String),
        changes: [{ field: 'members' }, { field: 'strategy', before: 'priority', after: 'weighted' }],
      },
      { revision: 1, changes: expect.arrayContaining([expect.objectContaining({ field: 'members', before: null })]) },
    ])
    const back = await api('POST', '/api/pools/smart/rollback', { revision: 1 })
    expect(back.body.data).toMatchObject({ revision: 3, strategy: 'priority' })
    expect((await api('GET', '/api/pools/smart')).body.data.members).toHaveLength(2)
  })

  test('of the database stand above those of the file, which a deletion reveals', async () => {
    const before = await api('GET', '/api/pools/fast')
    expect(before.body.data).toMatchObject({ layer: 'file', revision: null, members: [{ model: 'gpt-5.4-nano' }] })
    await api('PUT', '/api/pools/fast', { members: ['gpt-5.4-mini'] })
    expect((await api('GET', '/api/pools/fast')).body.data).toMatchObject({ layer: 'database', overrides: ['file'] })
    const deleted = await api('DELETE', '/api/pools/fast')
    expect(deleted.body.data).toMatchObject({ revealed: { layer: 'file', members: [{ model: 'gpt-5.4-nano' }] } })
    expect((await api('DELETE', '/api/pools/fast')).status).toBe(404)
  })

  test.each<[string, string, unknown, RegExp]>([
    ['PUT', '/api/pools/a', { members: ['gpt-77'] }, /^members\[0\] names a model that does not exist: "gpt-77"/],
    ['PUT', '/api/pools/a', { members: [] }, /^members must have at least 1 entry/],
    ['PUT', '/api/pools/a', { members: ['pool:a'] }, /^members\[0\] leads back to itself: a > a/],
    ['PUT', '/api/pools/a', { members: ['gpt-5.4'], strategy: 'best' }, /^strategy must be one of "priority"/],
    ['PUT', '/api/roles/a', { pool: 'nowhere' }, /^pool names a pool that does not exist: nowhere/],
    ['PUT', '/api/pools/a%20b', { members: ['gpt-5.4'] }, /name must begin with a letter or digit/],
  ])('%s %s %j is refused by the path of the field', async (method, path, body, message) => {
    const answer = await api(method, path, body)
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatchObject({ code: 'invalid_input', message: expect.stringMatching(message) })
  })

  test('a pool that a role needs is not deleted', async () => {
    await api('PUT', '/api/pools/needed', { members: ['gpt-5.4'] })
    await api('PUT', '/api/roles/needy', { pool: 'needed' })
    const answer = await api('DELETE', '/api/pools/needed')
    expect(answer.status).toBe(400)
    expect(answer.body.error.message).toMatch(/roles\.needy\.pool names a pool that does not exist/)
  })

  test('what cannot be stored is refused, and no fault of the database', async () => {
    const answer = await api('PUT', '/api/pools/odd', { members: ['gpt-5.4'], description: 'a\0b' })
    expect([answer.status, answer.body.error.code]).toEqual([400, 'invalid_input'])
  })

  test('what is not there is told', async () => {
    for (const path of ['/api/pools/none', '/api/roles/none', '/api/pools/none/revisions']) {
      expect((await api('GET', path)).status).toBe(404)
    }
    expect((await api('POST', '/api/pools/none/rollback', { revision: 1 })).status).toBe(404)
    expect((await api('GET', '/api/pools', undefined, null)).status).toBe(401)
    expect((await api('GET', '/api/pools', undefined, ADMIN_KEY)).status).toBe(200)
  })
})
