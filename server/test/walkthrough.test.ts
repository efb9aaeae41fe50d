import { readFile } from 'node:fs/promises'
import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { SagemakerSettings } from '../src/providers/sagemaker/settings.ts'
import { PRESETS } from '../src/registry/catalog/providers.ts'
import { startGateway, type TestGateway } from './gateway.ts'
import { startUpstream, type Upstream } from './upstream.ts'

const PAGE = new URL('../../docs/guide/adding-a-provider.md', import.meta.url)
const ADDRESS = 'https://api.junction.example'

let page: string
let upstream: Upstream
let gateway: TestGateway
beforeAll(async () => {
  page = await readFile(PAGE, 'utf8')
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
  expect(yaml).toContain(ADDRESS)
  upstream = await startUpstream()
  gateway = await startGateway({
    configuration: `discovery: false\n${yaml!.replace(ADDRESS, upstream.origin)}`,
    env: { JUNCTION_API_KEY: 'jct-secret' },
  })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})
beforeEach(() => {
  upstream.arrived.length = 0
})

test('the provider of the page is there, and its model can be called', async () => {
  const { body } = await gateway.api('GET', '/api/providers')
  expect(body.data).toContainEqual(
    expect.objectContaining({ id: 'junction', supported: true, configured: true, models: { known: 1, available: 1 } }),
  )
})

test('testing the model says what the page says, and calls nothing', async () => {
  const { body } = await gateway.api('POST', '/api/models/junction-large/test')
  expect(body.data).toMatchObject({ tested: false, estimate: '0.0000576' })
  expect(page).toContain(`The call costs at most about $${body.data.estimate}.`)
  expect(body.data.note).toContain(`The call costs at most about $${body.data.estimate}.`)
  expect(upstream.arrived).toEqual([])
})

test('a chat runs through it, in its own words and at its own price', async () => {
  const { data, response } = await gateway.client.chat.completions
    .create({
      model: 'junction',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'Hello!' },
      ],
      max_completion_tokens: 20_000,
    })
    .withResponse()
  expect(data.choices[0]!.message.content).toBe('Hi.')
  const { path, headers, body } = upstream.last()
  expect(path).toBe('/v1/chat/completions')
  expect(headers).toMatchObject({ authorization: 'Bearer jct-secret', 'x-junction-team': 'trams' })
  expect(body).toEqual({
    model: 'jct-large-2611',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hello!' },
    ],
    max_tokens: 8192,
  })
  expect(response.headers.get('x-turnout-provider')).toBe('junction')
  expect(response.headers.get('x-turnout-warnings')).toContain('lowered')
  // Three tokens in and two out.
  expect(response.headers.get('x-turnout-cost')).toBe('0.0000066')
})

test('a stream costs the same', async () => {
  const stream = await gateway.client.chat.completions.create({
    model: 'junction-large',
    messages: [{ role: 'user', content: 'Hello!' }],
    stream: true,
    stream_options: { include_usage: true },
  })
  let text = ''
  let usage: OpenAI.CompletionUsage | null | undefined
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? ''
    usage = chunk.usage ?? usage
  }
  expect([text, usage?.total_tokens]).toEqual(['Hi.', 5])
  const { body } = await gateway.api('GET', '/api/usage?model=junction-large&limit=1')
  expect(body.data).toMatchObject([{ provider: 'junction', outcome: 'succeeded', cost: '0.0000066' }])
})

test('what the record says it cannot do is refused by name and not sent', async () => {
  const picture = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } } as const
  const asked = gateway.client.chat.completions.create({
    model: 'junction',
    messages: [{ role: 'user', content: [picture] }],
  })
  await expect(asked).rejects.toMatchObject({ status: 400, code: 'capability_missing' })
  await expect(asked).rejects.toBeInstanceOf(OpenAI.BadRequestError)
  expect(upstream.arrived).toEqual([])
})

test('the page of providers has each of them, with all of its variables', async () => {
  const text = await readFile(new URL('../../docs/guide/providers.md', import.meta.url), 'utf8')
  for (const { id, credentials, ambient = [], baseUrlVariable, regionVariable, settings = {} } of PRESETS) {
    expect(text).toContain(`| \`${id}\` |`)
    const variables = [...credentials.flatMap((each) => each.split(':')), baseUrlVariable, regionVariable ?? []].flat()
    for (const name of [...variables, ...Object.values(settings).flat()]) expect(text).toContain(name.replace('?', ''))
    if (ambient.length > 0) expect(text).toContain(ambient[0])
  }
})

test('the page of providers has every setting of SageMaker', async () => {
  const text = await readFile(new URL('../../docs/guide/providers.md', import.meta.url), 'utf8')
  for (const name of Object.keys(SagemakerSettings.shape)) expect(text).toContain(`\`${name}\``)
})
