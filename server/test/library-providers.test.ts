import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Emulator, startEmulator } from '@turnout/emulator'
import { createTurnout, type Turnout } from 'turnout'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { environmentOf } from './library-world.ts'

const AWS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' }
const prompt = 'Tell me about turnouts.'

let emulator: Emulator
let bare: Turnout
beforeAll(async () => {
  emulator = await startEmulator({ credentials: ['gemini-mine', AWS.accessKeyId], awsSecret: AWS.secretAccessKey })
  bare = await createTurnout({ env: {} })
})
afterAll(async () => {
  await bare.close()
  await emulator.close()
})
beforeEach(() => emulator.reset())

describe('by options', () => {
  test('Gemini answers with an apiKey, in all of its kinds', async () => {
    const google = bare.providerFor('google', { apiKey: 'gemini-mine', baseUrl: emulator.baseUrl('google') })
    const about = { provider: 'google' }
    expect(await google.text.generate({ prompt, model: 'gemini-3.8-flash' })).toMatchObject(about)
    expect(await google.image.generate({ prompt, model: 'gemini-nano-banana-2.1' })).toMatchObject(about)
    expect(await google.embed({ texts: 'x', model: 'gemini-embedding-2' })).toMatchObject(about)
    expect(emulator.requests().every(({ authorized }) => authorized)).toBe(true)
  })

  test('a call that names no model goes to the one of the options, else to the first of its kind', async () => {
    const options = { apiKey: 'gemini-mine', baseUrl: emulator.baseUrl('google') }
    const named = bare.providerFor('google', { ...options, model: 'gemini-3.5-flash-lite' })
    expect(await named.text.generate({ prompt })).toMatchObject({ model: 'gemini-3.5-flash-lite' })
    const google = bare.providerFor('google', options)
    const { model } = await google.image.generate({ prompt })
    expect(bare.models.find(({ id }) => id === model)).toMatchObject({ provider: 'google', output: ['image', 'text'] })
  })

  test('Bedrock signs with its credentials for its region', async () => {
    const baseUrl = emulator.baseUrl('bedrock')
    const bedrock = bare.providerFor('bedrock', { region: 'eu-central-1', credentials: AWS, baseUrl })
    const { provider, text } = await bedrock.text.generate({ prompt, model: 'claude-sonnet-4-6' })
    expect([provider, text]).toEqual(['bedrock', expect.stringMatching(/\w/)])
    expect(emulator.requests()).toMatchObject([{ authorized: true, provider: 'bedrock' }])
  })

  test('the signature is for the region, and the session token goes with it', async () => {
    let headers: IncomingHttpHeaders = {}
    const server = createServer((request, response) => {
      headers = request.headers
      response.writeHead(403).end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const options = { region: 'eu-central-1', credentials: { ...AWS, sessionToken: 'session==' }, baseUrl }
    const asked = bare.providerFor('bedrock', options).text.generate({ prompt, model: 'claude-sonnet-4-6' })
    await expect(asked).rejects.toMatchObject({ code: 'permission', provider: 'bedrock' })
    expect(headers.authorization).toContain(`Credential=${AWS.accessKeyId}/`)
    expect(headers.authorization).toContain('/eu-central-1/bedrock/')
    expect(headers['x-amz-security-token']).toBe('session==')
    server.closeAllConnections()
    server.close()
  })

  test('SageMaker calls its endpoint, for text and for pictures', async () => {
    const options = { region: 'eu-central-1', credentials: AWS, baseUrl: emulator.baseUrl('sagemaker') }
    const written = await bare.providerFor('sagemaker', { ...options, endpoint: 'my-chat' }).text.generate({ prompt })
    expect(written).toMatchObject({ provider: 'sagemaker', model: 'my-chat', cost: null })
    const drawn = await bare.providerFor('sagemaker', { ...options, endpoint: 'qwen-image' }).image.generate({ prompt })
    expect(drawn.images).toHaveLength(1)
    expect(emulator.requests().map(({ path }) => path)).toEqual([
      expect.stringContaining('/endpoints/my-chat/invocations'),
      expect.stringContaining('/endpoints/qwen-image/invocations'),
    ])
  })

  test('one endpoint may do several things', async () => {
    const options = { region: 'eu-central-1', credentials: AWS, baseUrl: emulator.baseUrl('sagemaker') }
    const sagemaker = bare.providerFor('sagemaker', { ...options, endpoint: 'all' })
    await sagemaker.text.generate({ prompt })
    expect((await sagemaker.image.generate({ prompt })).images).toHaveLength(1)
    await sagemaker.text.generate({ prompt })
  })

  test('any server that speaks the dialect of OpenAI is one, and its models need not be known', async () => {
    const house = bare.providerFor('house', { apiKey: 'gemini-mine', baseUrl: emulator.openaiBaseUrl })
    const answer = await house.text.generate({ prompt, model: 'gpt-5.4-mini' })
    expect(answer).toMatchObject({ provider: 'house', model: 'gpt-5.4-mini', cost: null })
    expect(await house.embed({ texts: 'x', model: 'text-embedding-3-small' })).toMatchObject({ provider: 'house' })
    await expect(house.text.generate({ prompt, model: 'nobody' })).rejects.toMatchObject({ code: 'model_not_found' })
  })

  test('nothing else is read: neither the environment nor the file', async () => {
    await using turnout = await createTurnout({
      env: { ...environmentOf(emulator), GEMINI_API_KEY: 'gemini-wrong' },
      configuration: { providers: { google: { enabled: false } } },
    })
    const google = turnout.providerFor('google', { apiKey: 'gemini-mine', baseUrl: emulator.baseUrl('google') })
    expect(await google.text.generate({ prompt, model: 'gemini-3.8-flash' })).toMatchObject({ provider: 'google' })
  })

  test.each<[string, string, object, string]>([
    ['an option of another provider', 'google', { apiKey: 'a', region: 'b' }, 'region'],
    ['an address that is none', 'google', { apiKey: 'a', baseUrl: 'b' }, 'baseUrl'],
    [
      'half of a pair',
      'bedrock',
      { region: 'us-east-1', credentials: { accessKeyId: 'a' } },
      'credentials.secretAccessKey',
    ],
    [
      'a part with a colon',
      'bedrock',
      { credentials: { accessKeyId: 'a:b', secretAccessKey: 'c' } },
      'credentials.accessKeyId',
    ],
    ['two credentials', 'bedrock', { apiKey: 'a', credentials: AWS }, 'apiKey'],
    ['no credential', 'anthropic', { timeouts: { totalMs: 1000 } }, 'apiKey'],
    ['no address', 'house', { apiKey: 'a' }, 'baseUrl'],
  ])('with %s are refused by the name of the option', (_, name, options, param) => {
    expect(() => bare.providerFor(name, options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_input', param, message: expect.stringContaining(param) }),
    )
  })

  test('a credential that is refused does not set the members of pools aside', async () => {
    await using turnout = await createTurnout({
      env: { ...environmentOf(emulator), GEMINI_API_KEY: 'gemini-mine', ANTHROPIC_API_KEY: 'gemini-mine' },
      configuration: { pools: { fast: { members: ['gemini-3.8-flash', 'claude-haiku-4-5'] } } },
    })
    const theirs = turnout.providerFor('google', { apiKey: 'wrong', baseUrl: emulator.baseUrl('google') })
    await expect(theirs.text.generate({ prompt, model: 'gemini-3.8-flash' })).rejects.toMatchObject({
      code: 'authentication',
    })
    expect(await turnout.text.generate({ prompt, pool: 'fast' })).toMatchObject({ model: 'gemini-3.8-flash' })
  })

  test('a secret that cannot be one is never repeated', () => {
    const failed = () => bare.providerFor('anthropic', { apiKey: 'sk-ant-a\nb' })
    expect(failed).toThrow(/control characters/)
    expect(failed).not.toThrow(/sk-ant/)
  })
})

describe('as configured', () => {
  const start = () =>
    createTurnout({ env: { ANTHROPIC_API_KEY: 'gemini-mine', ANTHROPIC_BASE_URL: emulator.baseUrl('anthropic') } })

  test('a provider is bound to its own models', async () => {
    await using turnout = await start()
    const anthropic = turnout.providerFor('anthropic')
    expect(await anthropic.text.generate({ prompt })).toMatchObject({ provider: 'anthropic' })
    await expect(anthropic.text.generate({ prompt, model: 'gpt-5.4' })).rejects.toMatchObject({
      code: 'model_not_found',
      provider: 'anthropic',
    })
    await expect(anthropic.text.generate({ prompt, pool: 'fast' } as never)).rejects.toMatchObject({ param: 'pool' })
    await expect(anthropic.embed({ texts: 'x' })).rejects.toMatchObject({
      message: expect.stringContaining('embeddings'),
    })
    const usual = turnout.providerFor('anthropic', { model: 'claude-haiku-4-5' })
    expect(await usual.text.generate({ prompt })).toMatchObject({ model: 'claude-haiku-4-5' })
  })

  test('one that is not says what to set', async () => {
    await using turnout = await start()
    await expect(turnout.providerFor('fal').image.generate({ prompt })).rejects.toMatchObject({
      code: 'model_not_enabled',
      message: expect.stringContaining('FAL_KEY'),
    })
  })
})

describe('by preference', () => {
  const start = () =>
    createTurnout({
      env: { ...environmentOf(emulator), OPENAI_API_KEY: 'gemini-mine', ANTHROPIC_API_KEY: 'gemini-mine' },
    })

  test('each call goes to the first that is configured and has such a model', async () => {
    await using turnout = await start()
    const mine = turnout.providerFor({ preferred: ['bfl', 'anthropic', 'openai'] })
    expect(await mine.text.generate({ prompt })).toMatchObject({ provider: 'anthropic' })
    expect(await mine.image.generate({ prompt })).toMatchObject({ provider: 'openai' })
    expect(await mine.embed({ texts: 'x' })).toMatchObject({ provider: 'openai' })
    expect(await mine.text.generate({ prompt, model: 'gpt-5.4-mini' })).toMatchObject({ provider: 'openai' })
  })

  test('the model of a provider may be chosen', async () => {
    await using turnout = await start()
    const mine = turnout.providerFor({ preferred: ['anthropic'], models: { anthropic: 'claude-haiku-4-5' } })
    expect(await mine.text.generate({ prompt })).toMatchObject({ model: 'claude-haiku-4-5' })
  })

  test('where nobody is left each is told with its reason', async () => {
    await using turnout = await start()
    const mine = turnout.providerFor({ preferred: ['bfl', 'anthropic'] })
    await expect(mine.embed({ texts: 'x' })).rejects.toMatchObject({
      code: 'model_not_enabled',
      message: expect.stringMatching(
        /bfl is not configured; anthropic has no model that makes embeddings and can be called/,
      ),
    })
    expect(() => turnout.providerFor({ preferred: [] })).toThrow(expect.objectContaining({ param: 'preferred' }))
  })
})
