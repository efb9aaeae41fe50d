import { ModelPatch } from '@turnout/contract'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEnvironment } from './environment.ts'

/** Variables of n models that are all different and complete. */
function models(count: number): Record<string, string> {
  const env: Record<string, string> = { MODEL_COUNT: String(count) }
  for (let n = 1; n <= count; n += 1) {
    env[`MODEL_${n}_NAME`] = `gpt custom ${n}`
    env[`MODEL_${n}_KEY`] = `sk-secret-${n}`
  }
  return env
}

/** The one model that these variables of MODEL_1_* make. */
function single(variables: Record<string, string>, rest: Record<string, string> = {}) {
  const prefixed = Object.entries(variables).map(([field, value]) => [`MODEL_1_${field}`, value])
  return readEnvironment({ MODEL_COUNT: '1', ...Object.fromEntries(prefixed), ...rest })
}

const wheres = (env: Record<string, string | undefined>) => readEnvironment(env).problems.map(({ where }) => where)

describe('the number of models', () => {
  it.each([1, 9, 20, 100])('loads %i models without a problem', (count) => {
    const source = readEnvironment({ ...models(count), PROMPT_MODEL_INDEX: String(count) })
    expect(source.problems).toEqual([])
    expect(source.models.map(({ index }) => index)).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    expect(source.models.at(-1)?.patch).toMatchObject({
      id: `gpt-custom-${count}`,
      credential: `env:MODEL_${count}_KEY`,
    })
    expect(source.promptModelIndex).toBe(count)
    expect(JSON.stringify(source)).not.toContain('sk-secret')
  })

  it('is none where nothing is set', () => {
    expect(readEnvironment({})).toEqual({ models: [], promptModelIndex: undefined, problems: [], providers: [] })
    expect(readEnvironment({ MODEL_COUNT: '0' }).problems).toEqual([])
  })

  it.each(['many', '-1', '2.5', '10001', '1e2', '0x10'])('reports MODEL_COUNT=%s and loads what there is', (count) => {
    const source = readEnvironment({ ...models(2), MODEL_COUNT: count })
    expect(source.models).toHaveLength(2)
    expect(source.problems).toEqual([
      { layer: 'environment', where: 'MODEL_COUNT', message: expect.stringContaining('from 0 to 10000') },
    ])
  })

  it('names the variables that a larger count asks for, and those that leave a gap', () => {
    const { MODEL_2_NAME, MODEL_2_KEY, ...env } = models(3)
    const source = readEnvironment({ ...env, MODEL_COUNT: '4' })
    expect(source.models.map(({ index }) => index)).toEqual([1, 3])
    expect(source.problems.map(({ where, message }) => `${where} ${message}`)).toEqual([
      'MODEL_COUNT is 4, but these are not set: MODEL_2_NAME, MODEL_4_NAME. Set them or correct MODEL_COUNT.',
    ])
  })

  it('keeps a long list of missing variables short', () => {
    const [problem] = readEnvironment({ MODEL_COUNT: '10000' }).problems
    expect(problem?.message).toContain('MODEL_10_NAME and 9990 more')
  })

  it('ignores what is beyond the count and says so', () => {
    const source = readEnvironment({ ...models(5), MODEL_COUNT: '3' })
    expect(source.models).toHaveLength(3)
    expect(source.problems.map(({ message }) => message)).toEqual([
      'is 3, so these are ignored: MODEL_4_KEY, MODEL_5_KEY. Raise MODEL_COUNT to 5.',
    ])
  })

  it('loads all there are without a count, whatever the gaps, and asks for the count', () => {
    const { MODEL_COUNT, ...env } = models(12)
    const source = readEnvironment({ ...env, MODEL_3_NAME: undefined, MODEL_3_KEY: undefined })
    expect(source.models.map(({ index }) => index)).toEqual([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(source.problems.map(({ where, message }) => `${where} ${message}`)).toEqual([
      'MODEL_COUNT is not set: set it to 12. All MODEL_n_NAME that are set are loaded.',
    ])
  })

  it('skips blank and absent names, and numbers that do not count from 1', () => {
    const env = { ...models(4), MODEL_2_NAME: '  ', MODEL_3_NAME: undefined, MODEL_0_NAME: 'a', MODEL_01_NAME: 'b' }
    expect(readEnvironment(env).models.map(({ index }) => index)).toEqual([1, 4])
    expect(wheres(env)).toEqual(['MODEL_01_NAME', 'MODEL_0_NAME', 'MODEL_2_NAME', 'MODEL_3_NAME'])
  })

  it('skips the later of two models of one name', () => {
    const source = readEnvironment({ ...models(3), MODEL_3_NAME: 'GPT Custom 1' })
    expect(source.models.map(({ index }) => index)).toEqual([1, 2])
    expect(source.problems).toEqual([
      {
        layer: 'environment',
        where: 'MODEL_3_NAME',
        message: 'names the same model as MODEL_1_NAME. The later one is skipped.',
      },
    ])
  })
})

describe('the prompt model', () => {
  it.each([
    ['1.5', /integer/],
    ['first', /integer/],
    ['0', /from 1 to 3/],
    ['-1', /from 1 to 3/],
    ['4', /from 1 to 3/],
    ['2', /not loaded/],
  ])('is none for PROMPT_MODEL_INDEX=%s', (value, message) => {
    const source = readEnvironment({ ...models(3), MODEL_2_PROVIDER: 'nobody', PROMPT_MODEL_INDEX: value })
    expect(source.promptModelIndex).toBeUndefined()
    expect(source.problems).toContainEqual(
      expect.objectContaining({ where: 'PROMPT_MODEL_INDEX', message: expect.stringMatching(message) }),
    )
    expect(source.models).toHaveLength(2)
  })
})

describe('a model', () => {
  it.each([
    ['gpt-image-2', 'gpt-image-2'],
    ['DALL-E 3', 'dall-e-3'],
    ['Claude-Sonnet-4-5-20250929', 'claude-sonnet-4-5'],
    ['fal-ai/flux/dev', 'flux-dev'],
    ['stability.sd3-5-large-v1:0', 'bedrock/stable-diffusion-3.5-large'],
    ['openai/gpt-6-luna', 'gpt-6-luna'],
    ['Nano Banana', 'gemini-nano-banana-2.1'],
  ])('named %s adds to the record %s of the catalog', (name, id) => {
    const [model] = single({ NAME: name, KEY: 'x' }).models
    expect(model?.patch.id).toBe(id)
    expect(model?.patch).not.toHaveProperty('upstreamId')
    expect(model?.patch).not.toHaveProperty('provider')
    expect(model?.detection).toBeUndefined()
  })

  it('keeps the spelling that was used as a further alias', () => {
    expect(single({ NAME: 'DALL-E 3', KEY: 'x' }).models[0]?.patch.aliases).toEqual(['dalle-3', 'dalle3', 'DALL-E 3'])
  })

  it('that the catalog does not know gets its name as id, and its provider by detection', () => {
    const { models: found, problems } = single({ NAME: '  My *Fine* FLUX.1 [dev]  ', KEY: 'x', REGION: 'eu' })
    expect(problems).toEqual([])
    expect(found).toEqual([
      {
        index: 1,
        detection: { provider: 'bfl', reason: 'FLUX is a model of Black Forest Labs' },
        patch: {
          id: 'my-fine-flux.1-dev',
          name: 'My *Fine* FLUX.1 [dev]',
          aliases: ['My *Fine* FLUX.1 [dev]'],
          provider: 'bfl',
          upstreamId: 'My *Fine* FLUX.1 [dev]',
          output: ['image'],
          credential: 'env:MODEL_1_KEY',
          region: 'eu',
        },
      },
    ])
  })

  it('without a letter or digit in its name is called by its index', () => {
    expect(single({ NAME: '***', BASE_URL: 'http://localhost:8000' }).models[0]?.patch.id).toBe('model-1')
  })

  it('is found by its upstream id where the name says nothing, or where the id has the form of Bedrock', () => {
    expect(single({ NAME: 'painter', ID: 'gpt-image-9', KEY: 'x' }).models[0]).toMatchObject({
      detection: { provider: 'openai' },
      patch: { id: 'painter', upstreamId: 'gpt-image-9' },
    })
    expect(
      single({ NAME: 'SD 3.5 custom', ID: 'stability.sd3-5-large-v2:0', KEY: 'x' }).models[0]?.patch.provider,
    ).toBe('bedrock')
  })

  it('has the provider that is named, whatever the name says', () => {
    const [model] = single({ NAME: 'gpt-oss-20b', PROVIDER: 'LMStudio', ID: 'openai/gpt-oss-20b' }).models
    expect(model).toEqual({
      index: 1,
      patch: expect.objectContaining({ provider: 'lmstudio', upstreamId: 'openai/gpt-oss-20b' }),
    })
  })

  it('named with a provider is the record of that provider', () => {
    const own = single({ NAME: 'claude-sonnet-4-6', PROVIDER: 'bedrock', KEY: 'x' }).models[0]?.patch
    expect(own?.id).toBe('bedrock/claude-sonnet-4-6')
    expect(single({ NAME: 'flux-dev', PROVIDER: 'bfl', KEY: 'x' }).models[0]?.patch.id).toBe('bfl/flux-dev')
  })

  it('served by another provider than the one of the catalog has no price, no date and the name as upstream id', () => {
    expect(single({ NAME: 'dall-e-3', PROVIDER: 'openai-compatible', BASE_URL: 'http://10.0.0.1/v1/' }).models).toEqual(
      [
        {
          index: 1,
          patch: {
            id: 'dall-e-3',
            provider: 'openai-compatible',
            upstreamId: 'dall-e-3',
            prices: null,
            lifecycle: { status: 'active' },
            baseUrl: 'http://10.0.0.1/v1',
          },
        },
      ],
    )
  })

  it('at a server of its own outlives the dates of the provider and needs no credential', () => {
    const source = single({ NAME: 'gpt-image-1', BASE_URL: 'https://example.com/v1' })
    expect(source.models[0]?.patch.lifecycle).toEqual({ status: 'active' })
    expect(source.problems).toEqual([])
  })

  it('that the catalog keeps off is on when it is configured', () => {
    const patch = single({ NAME: 'sagemaker/qwen-image', ID: 'my-endpoint', KEY: 'x' }).models[0]?.patch
    expect(patch).toMatchObject({ enabled: true, upstreamId: 'my-endpoint' })
  })

  it.each([
    ['an unknown provider', { PROVIDER: 'openia' }, 'MODEL_1_PROVIDER', /must be one of openai, google, .*ollama/],
    ['an address of another kind', { BASE_URL: 'ftp://example.com' }, 'MODEL_1_BASE_URL', /http:\/\/ or https:/],
    ['an address that is none', { BASE_URL: 'localhost:1234' }, 'MODEL_1_BASE_URL', /http:\/\/ or https:/],
    ['a query in an address', { BASE_URL: 'https://example.com/v1?key=1' }, 'MODEL_1_BASE_URL', /query or a fragment/],
    ['a secret in an address', { BASE_URL: 'https://me:pw@example.com' }, 'MODEL_1_BASE_URL', /user name or password/],
    ['a name without end', { NAME: 'n'.repeat(201) }, 'MODEL_1_NAME', /200/],
    ['an upstream id without end', { ID: 'n'.repeat(301) }, 'MODEL_1_ID', /300/],
    ['a region without end', { REGION: 'n'.repeat(51) }, 'MODEL_1_REGION', /50/],
  ])('with %s is skipped, and the rest loads', (_, variables, where, message) => {
    const second = { MODEL_COUNT: '2', MODEL_2_NAME: 'gpt-6-luna', MODEL_2_KEY: 'x' }
    const source = single({ NAME: 'custom gpt', KEY: 'x', ...variables }, second)
    expect(source.models.map(({ index }) => index)).toEqual([2])
    expect(source.problems).toEqual([{ layer: 'environment', where, message: expect.stringMatching(message) }])
    expect(JSON.stringify(source.problems)).not.toContain('pw')
  })

  it('without a credential is reported where its provider needs one, and loaded', () => {
    const bare = single({ NAME: 'gpt-6-luna' })
    expect(bare.models).toHaveLength(1)
    expect(bare.problems).toEqual([
      {
        layer: 'environment',
        where: 'MODEL_1_KEY',
        message: 'is missing for "gpt-6-luna": OpenAI needs a credential: set MODEL_1_KEY or OPENAI_API_KEY.',
      },
    ])
    expect(single({ NAME: 'gpt-6-luna' }, { OPENAI_API_KEY: 'x' }).problems).toEqual([])
    expect(single({ NAME: 'llama on ollama' }).problems).toEqual([])
  })

  it('with a credential that cannot be used is reported, and loaded', () => {
    const source = single({ NAME: 'gpt-6-luna', KEY: 'hidden\nhidden' })
    expect(source.models).toHaveLength(1)
    expect(source.problems).toEqual([
      { layer: 'environment', where: 'MODEL_1_KEY', message: expect.stringContaining('line breaks') },
    ])
    expect(JSON.stringify(source.problems)).not.toContain('hidden')
  })

  it('of an unknown server is reported when nothing says where that is', () => {
    const source = single({ NAME: 'my model', KEY: 'x' })
    expect(source.models).toHaveLength(1)
    expect(source.problems).toEqual([
      { layer: 'environment', where: 'MODEL_1_BASE_URL', message: expect.stringContaining('MODEL_1_PROVIDER') },
    ])
  })
})

describe('providers', () => {
  const ids = (env: Record<string, string>) =>
    readEnvironment(env).providers.map(({ preset, ...rest }) => ({ id: preset.id, ...rest }))

  it('are those whose credential is set, by the first variable that is', () => {
    expect(ids({ OPENAI_API_KEY: 'a', GOOGLE_API_KEY: 'b', FAL_KEY: ' ' })).toEqual([
      { id: 'openai', credential: 'env:OPENAI_API_KEY' },
      { id: 'google', credential: 'env:GOOGLE_API_KEY' },
    ])
    expect(ids({ GEMINI_API_KEY: 'a', GOOGLE_API_KEY: 'b' })).toEqual([
      { id: 'google', credential: 'env:GEMINI_API_KEY' },
    ])
  })

  it('are those whose address is set', () => {
    expect(ids({ OLLAMA_BASE_URL: 'http://10.0.0.5:11434/v1/' })).toEqual([
      { id: 'ollama', baseUrl: 'http://10.0.0.5:11434/v1' },
    ])
  })

  it('keep their usual address where the variable is not valid', () => {
    const source = readEnvironment({ OPENAI_API_KEY: 'a', OPENAI_BASE_URL: 'nowhere' })
    expect(source.providers).toMatchObject([{ credential: 'env:OPENAI_API_KEY' }])
    expect(source.providers[0]).not.toHaveProperty('baseUrl')
    expect(source.problems).toMatchObject([{ where: 'OPENAI_BASE_URL' }])
  })

  it('have a region: the one of the environment, else the usual one', () => {
    expect(ids({ AWS_BEARER_TOKEN_BEDROCK: 'a' })).toEqual([
      { id: 'bedrock', credential: 'env:AWS_BEARER_TOKEN_BEDROCK', region: 'us-west-2' },
    ])
    expect(ids({ AWS_ID: 'a', AWS_SECRET: 'b', AWS_DEFAULT_REGION: 'eu-west-2' })).toContainEqual({
      id: 'sagemaker',
      credential: 'env:AWS_ID:AWS_SECRET',
      region: 'eu-west-2',
    })
    const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
    expect(ids({ ...keys, AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'x' })).toMatchObject([
      { id: 'bedrock', region: 'eu-west-1' },
      { id: 'sagemaker', region: 'eu-west-1' },
    ])
  })

  it('need every part of a credential, and none where their own library finds it', () => {
    expect(ids({ AWS_ID: 'a' })).toEqual([])
    expect(ids({ AWS_PROFILE: 'work' })).toMatchObject([
      { id: 'bedrock', credential: 'default' },
      { id: 'sagemaker', credential: 'default' },
    ])
    expect(ids({ GOOGLE_APPLICATION_CREDENTIALS: 'key.json', GOOGLE_CLOUD_PROJECT: 'trams' })).toMatchObject([
      { id: 'vertex', credential: 'default', region: 'global', settings: { project: 'trams' } },
    ])
  })
})

describe('any environment', () => {
  it('is read without an exception into valid records', () => {
    const number = fc.constantFrom('0', '1', '2', '3', '01', '7', '99999', '')
    const field = fc.constantFrom('NAME', 'KEY', 'PROVIDER', 'ID', 'BASE_URL', 'REGION', 'OTHER')
    const key = fc.oneof(
      fc.tuple(number, field).map(([n, name]) => `MODEL_${n}_${name}`),
      fc.constantFrom('MODEL_COUNT', 'PROMPT_MODEL_INDEX', 'OPENAI_BASE_URL', 'AWS_REGION', '__proto__'),
      fc.string(),
    )
    const value = fc.oneof(
      fc.constantFrom(
        undefined,
        '',
        '1',
        '3',
        '-7',
        '1e9',
        'gpt-6-luna',
        'DALL-E 3',
        'ollama',
        'http://[::1',
        'https://a',
      ),
      fc.string({ unit: 'binary' }),
      fc.string({ minLength: 200, maxLength: 400 }),
    )
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 20 }), (env) => {
        const source = readEnvironment(env)
        for (const { patch } of source.models) ModelPatch.parse(patch)
        expect(new Set(source.models.map(({ patch }) => patch.id)).size).toBe(source.models.length)
        const { promptModelIndex } = source
        if (promptModelIndex !== undefined) expect(source.models.map(({ index }) => index)).toContain(promptModelIndex)
        for (const problem of source.problems) expect(problem.message).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })
})
