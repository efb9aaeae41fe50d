import type { ImportModel } from '@turnout/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startControlPlane, type TestServer } from './testing.ts'

const imports: { asked: ImportModel; dryRun: boolean }[] = []
let server: TestServer
beforeAll(async () => {
  server = await startControlPlane({
    importModel: async (asked, dryRun) => {
      imports.push({ asked, dryRun })
      return { record: { id: 'fal/studio/painter' }, model: null, schema: {}, notes: [] }
    },
  })
})
afterAll(() => server.stop())

describe('GET /api/models/{id}/schema', () => {
  it.each(['fal-ai%2Fflux%2Fdev', 'fal-ai/flux/dev'])(
    'of %s has the inputs, the options and an example',
    async (id) => {
      const { status, body } = await server.call('GET', `/api/models/${id}/schema`, { role: 'viewer' })
      expect(status).toBe(200)
      expect(body.data).toMatchObject({ model: 'fal-ai/flux/dev', kind: 'image' })
      expect(body.data.inputs).toMatchObject({ type: 'object', examples: [{ prompt: expect.any(String) }] })
      expect(Object.keys(body.data.options.properties)).toContain('num_images')
    },
  )

  it.each([
    ['writer', 'capability_missing'],
    ['nobody', 'model_not_found'],
    ['no/body', 'model_not_found'],
  ])('of %s is refused with %s', async (id, code) => {
    const { status, body } = await server.call('GET', `/api/models/${id}/schema`, { role: 'viewer' })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(body.error.code).toBe(code)
  })
})

describe('POST /api/models/import', () => {
  it('keeps a model, or only shows it', async () => {
    const json = { endpoint: 'studio/painter' }
    expect((await server.call('POST', '/api/models/import', { role: 'admin', json })).status).toBe(201)
    expect((await server.call('POST', '/api/models/import?dryRun=true', { role: 'admin', json })).status).toBe(200)
    expect(imports).toEqual([
      { asked: { provider: 'fal', ...json }, dryRun: false },
      { asked: { provider: 'fal', ...json }, dryRun: true },
    ])
  })

  it('refuses what is no endpoint', async () => {
    const answer = await server.call('POST', '/api/models/import', { role: 'admin', json: { endpoint: '../x' } })
    expect(answer.status).toBe(400)
    expect(answer.body.error).toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/^endpoint must be/),
    })
  })
})

it('the description shows one operation with what each model takes', async () => {
  const { body } = await server.call('GET', '/openapi.json')
  const { schema } = body.paths['/api/images/generate'].post.requestBody.content['application/json']
  const alternatives = schema.allOf[1].oneOf
  const flux = alternatives.find(({ title }: { title: string }) => title === 'fal-ai/flux/dev')
  const name = flux.properties.inputs.$ref.split('/').at(-1)
  expect(body.components.schemas[name].properties).toHaveProperty('prompt')
  expect(body.components.schemas.ImageOptions.properties).toHaveProperty('width')
  expect(alternatives.at(-1).properties.model.not.enum).toEqual(['fal-ai/flux/dev'])
})
