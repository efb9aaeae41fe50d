import { ROLES } from '@turnout/contract'
import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type App, collectRoutes } from './route.ts'
import { startControlPlane, type TestServer } from './testing.ts'

const PUBLIC = [
  'GET /',
  'GET /api/artifacts/:id/content',
  'GET /api/artifacts/:id/thumbnail',
  'GET /api/generate-image',
  'GET /api/generate-text',
  'GET /api/health',
  'GET /docs',
  'GET /docs/*',
  'GET /livez',
  'GET /openapi.json',
  'GET /readyz',
  'POST /api/callbacks/:provider/:attemptId/:signature',
]

let server: TestServer
beforeAll(async () => {
  server = await startControlPlane()
})
afterAll(() => server.stop())

const pathOf = (url: string) => url.replace('*', 'writer').replace(':id', 'key_a')

describe('the security of every route', () => {
  it('has no public route but these, and HEAD with them', () => {
    const open = server.app.routeTable.filter(({ role }) => role === 'public')
    const named = open.map(({ method, url }) => `${method} ${url}`).sort()
    const heads = PUBLIC.filter((route) => route.startsWith('GET')).map((route) => route.replace('GET', 'HEAD'))
    expect(named).toEqual([...PUBLIC, ...heads].sort())
  })

  it('refuses no key, a wrong key and a role that is too small', async () => {
    const closed = server.app.routeTable.filter(({ role }) => role !== 'public')
    expect(closed.length).toBeGreaterThan(12)
    for (const { method, url, role } of closed) {
      const path = pathOf(url)
      const route = `${method} ${url}`
      const none = await server.call(method, path)
      expect([route, none.status]).toEqual([route, 401])
      expect(none.headers.get('www-authenticate')).toBe('Bearer')
      expect([route, (await server.call(method, path, { secret: 'wrong' })).status]).toEqual([route, 401])
      const rank = (ROLES as readonly string[]).indexOf(role)
      for (const smaller of ROLES.slice(0, rank)) {
        const answer = await server.call(method, path, { role: smaller })
        expect([route, smaller, answer.status]).toEqual([route, smaller, 403])
      }
      for (const enough of ROLES.slice(rank)) {
        const answer = await server.call(method, path, { role: enough })
        expect([401, 403], `${route} as ${enough}`).not.toContain(answer.status)
      }
    }
  })

  it('takes the key from x-api-key too', async () => {
    const { status } = await server.call('GET', '/api/models', {
      headers: { 'x-api-key': 'viewer-secret-0123456789abcdef' },
    })
    expect(status).toBe(200)
  })

  it('does not start with a route that states no role', () => {
    const app = Fastify() as unknown as App
    collectRoutes(app)
    expect(() => app.get('/api/open', () => 'ok')).toThrow('GET /api/open does not state the role it needs')
  })
})
