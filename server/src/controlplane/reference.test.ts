import { readFile } from 'node:fs/promises'
import { ERROR_CODES } from '@turnout/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ERRORS } from '../core/error.ts'
import { prefersHtml } from './accept.ts'
import { renderErrorReference } from './reference.ts'
import { startControlPlane, type TestServer } from './testing.ts'

interface Operation {
  summary?: string
  operationId?: string
  security?: object[]
  responses: Record<string, { description: string }>
}
interface Document {
  openapi: string
  info: { version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}

let server: TestServer
let document: Document
beforeAll(async () => {
  server = await startControlPlane({ emulated: true })
  document = (await server.call('GET', '/openapi.json')).body
})
afterAll(() => server.stop())

describe('the table of errors', () => {
  it('is what the reference shows', async () => {
    const written = await readFile(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8')
    expect(written, 'run: node server/src/controlplane/write-reference.ts').toBe(renderErrorReference())
  })

  it.each([
    ['/v1/chat/completions', 'OpenAIFailure'],
    ['/api/generate-text', 'Failure'],
  ])('is what the description shows for %s', (path, schema) => {
    const { responses } = document.paths[path]!.post!
    for (const code of ERROR_CODES) {
      const { status, meaning } = ERRORS[code]
      expect(responses[status]?.description).toContain(`\`${code}\`: ${meaning}`)
      expect(responses[status]).toMatchObject({
        content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
      })
    }
  })
})

/** Every value of a key, anywhere in a document. */
function valuesOf(key: string, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, child]) => [...(name === key ? [child] : []), ...valuesOf(key, child)])
}

describe('/openapi.json', () => {
  it('has every route of both planes with its method', () => {
    expect(document.openapi).toBe('3.1.0')
    expect(document.info.version).toBe('1.2.3')
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const served = server.app.routeTable
      .filter(({ method, url }) => method !== 'HEAD' && !url.startsWith('/docs') && url !== '/openapi.json')
      // The same route with slashes that are not encoded.
      .filter(({ method, url }) => !['POST /api/models/*', 'POST /api/deployments/*'].includes(`${method} ${url}`))
      .map(({ method, url }) => `${method} ${url.replace(/\*$/, '{id}').replace(/:(\w+)/g, '{$1}')}`)
    expect(described.filter((route) => !route.includes(' /v1/')).sort()).toEqual(served.sort())
    expect(described.filter((route) => route.includes(' /v1/')).sort()).toEqual([
      'DELETE /v1/videos/{id}',
      'GET /v1/models',
      'GET /v1/models/{id}',
      'GET /v1/videos',
      'GET /v1/videos/{id}',
      'GET /v1/videos/{id}/content',
      'POST /v1/chat/completions',
      'POST /v1/embeddings',
      'POST /v1/images/edits',
      'POST /v1/images/generations',
      'POST /v1/videos',
    ])
  })

  it('resolves every reference, and every path parameter is declared', () => {
    const references = valuesOf('$ref', document)
    expect(references.length).toBeGreaterThan(50)
    for (const reference of references) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(String(reference))?.[1]
      expect(document.components.schemas[name ?? ''], String(reference)).toBeDefined()
    }
    for (const [path, item] of Object.entries(document.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      for (const operation of Object.values(item)) {
        const declared = valuesOf('parameters', operation)
          .flat()
          .filter((one) => (one as { in: string }).in === 'path')
          .map((one) => (one as { name: string }).name)
        expect(declared).toEqual(names)
      }
    }
  })

  it('gives every operation a summary, a unique id and its security', () => {
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item))
    const operationIds = operations.map(({ operationId }) => operationId)
    expect(new Set(operationIds).size).toBe(operations.length)
    expect(operations.every(({ summary }) => summary)).toBe(true)
    expect(document.paths['/livez']?.get?.security).toEqual([])
    expect(document.paths['/api/models']?.get?.security).toEqual([{ bearer: [] }, { header: [] }])
  })
})

describe('/docs', () => {
  it('is a page that loads nothing from elsewhere', async () => {
    const redirect = await server.call('GET', '/docs')
    expect([redirect.status, redirect.headers.get('location')]).toEqual([301, '/docs/'])
    const { status, headers, body } = await server.call('GET', '/docs/')
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(body).not.toMatch(/(?:https?:)?\/\/[a-z]/i)
    expect(headers.get('content-security-policy')).toContain("default-src 'self'")
    expect(headers.get('content-security-policy')).not.toContain('http')
    expect(body).toContain('"url": "/openapi.json"')
    const script = /src="([^"]+)"/.exec(body)![1]!
    const loaded = await server.call('GET', new URL(script, 'http://host/docs/').pathname)
    expect([loaded.status, loaded.headers.get('content-type')]).toEqual([200, 'application/javascript; charset=utf-8'])
    expect(loaded.body).toContain('createApiReference')
  })

  it('has no other pages', async () => {
    const { status, body } = await server.call('GET', '/docs/nothing')
    expect([status, body.error.code]).toEqual([404, 'not_found'])
  })
})

describe('/', () => {
  it('says what this is, as JSON or as a page', async () => {
    const json = await server.call('GET', '/')
    expect(json.body).toMatchObject({ name: 'Turnout', version: '1.2.3', emulated: true, links: { docs: '/docs' } })
    const html = await server.call('GET', '/', { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })
    expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(html.headers.get('vary')).toBe('accept')
    for (const part of ['1.2.3', 'Emulated', 'href="/docs"', 'href="/v1/models"']) expect(html.body).toContain(part)
  })

  it.each([
    [undefined, false],
    ['*/*', false],
    ['application/json', false],
    ['text/*', true],
    ['text/html;q=0.5, application/json', false],
    ['text/html;q=0, */*', false],
    ['application/json;q=0.2, text/html;q=0.3', true],
    ['text/html;q=broken', false],
  ])('for Accept: %s prefers HTML: %s', (accept, expected) => {
    expect(prefersHtml(accept)).toBe(expected)
  })
})
