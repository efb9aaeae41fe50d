import { type ModelPatch, ModelPatch as ModelPatchSchema } from '@turnout/contract'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { costOf, parseDollars, preparePrices } from '../../core/price.ts'
import { CATALOG } from './index.ts'
import { findInCatalog, slugOf } from './lookup.ts'
import { PRESETS } from './providers.ts'

const byId = new Map(CATALOG.map((model) => [model.id, model]))
const each = CATALOG.map((model): [string, ModelPatch] => [model.id, model])

/** What a million tokens, or one of another unit, costs under plain conditions. */
function dollars(id: string, unit: string): string | undefined {
  return byId.get(id)?.prices?.rates.find((rate) => rate.unit === unit && !rate.when && !rate.aboveInputTokens)?.usd
}

describe('the catalog', () => {
  it.each(each)('%s is a valid record that says what matters', (_, model) => {
    expect(ModelPatchSchema.parse(model)).toEqual(model)
    expect(PRESETS.map(({ id }) => id)).toContain(model.provider)
    expect(model.input).toBeDefined()
    expect(model.output).toBeDefined()
    if (model.lifecycle?.status !== 'retired') expect(model.prices).not.toBeUndefined()
  })

  it('has no id or alias twice, in any case of letters', () => {
    const names = CATALOG.flatMap(({ id, aliases = [] }) => [id, ...aliases]).map((name) => name.toLowerCase())
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('has no upstream id twice at one provider', () => {
    const names = CATALOG.map(({ id, provider, upstreamId = id }) => `${provider} ${upstreamId}`)
    expect(new Set(names).size).toBe(names.length)
  })

  it('lists every provider but the local engines, which are discovered', () => {
    const listed = new Set(CATALOG.map(({ provider }) => provider))
    expect([...listed].sort()).toEqual(
      PRESETS.filter(({ local }) => !local)
        .map(({ id }) => id)
        .sort(),
    )
  })

  it('dates what is retired and replaces nothing by what is retired itself', () => {
    for (const { id, provider, lifecycle } of CATALOG) {
      // fal announces no days: an endpoint is there, or it is not.
      if (lifecycle?.status === 'retired' && provider !== 'fal') expect(lifecycle.retiresAt, id).toBeDefined()
      if (lifecycle?.replacedBy === undefined) continue
      const successor = byId.get(lifecycle.replacedBy)
      expect(successor, `${id} is replaced by ${lifecycle.replacedBy}`).toBeDefined()
      expect(successor?.lifecycle?.status ?? 'active', `${lifecycle.replacedBy}, which replaces ${id}`).toBe('active')
    }
  })

  it('has prices that can be counted with and are never zero', () => {
    for (const { id, prices } of CATALOG) {
      if (!prices) continue
      expect(prices.source, id).not.toBe('')
      for (const rate of prices.rates) expect(parseDollars(rate.usd) > 0n, `${id} ${rate.unit}`).toBe(true)
    }
  })

  it('has schemas of inputs that compile', () => {
    const ajv = new Ajv({ strict: true, allowUnionTypes: true })
    for (const { id, inputs } of CATALOG) if (inputs) expect(() => ajv.compile(inputs), id).not.toThrow()
  })

  it.each([
    ['gpt-6-astra', 'inputToken', '10'],
    ['gpt-6-astra', 'outputToken', '50'],
    ['gpt-6-luna', 'outputToken', '0.5'],
    ['gpt-5.4-nano', 'outputToken', '1.25'],
    ['gpt-image-2.6-sunburst', 'imageInputToken', '8'],
    ['gpt-image-1.5', 'imageOutputToken', '32'],
    ['gemini-3.8-flash', 'inputToken', '0.75'],
    ['gemini-3-pro-image', 'imageOutputToken', '120'],
    ['claude-opus-5-5', 'outputToken', '20'],
    ['claude-haiku-4-5', 'inputToken', '1'],
    ['bedrock/claude-sonnet-4-5', 'outputToken', '15'],
    ['bedrock/qwen3-235b-a22b-2507', 'outputToken', '0.88'],
    ['bedrock/stable-diffusion-3.5-large', 'image', '0.08'],
    ['nova-2-lite', 'inputToken', '0.3'],
    ['stable-image-ultra', 'image', '0.08'],
    ['sd3.5-medium', 'image', '0.035'],
    ['flux-2-max', 'megapixel', '0.03'],
    ['recraftv4_pro', 'image', '0.25'],
    ['recraftv4_1_pro', 'image', '0.21'],
    ['recraftv4_1_pro_vector', 'image', '0.30'],
    ['stable-image-erase', 'image', '0.05'],
    ['gpt-5.5-pro', 'outputToken', '180'],
    ['flux-lora', 'megapixel', '0.035'],
    ['face-swap', 'image', '0.05'],
    ['qwen-image-max', 'image', undefined],
  ])('prices %s per %s at %s', (id, unit, usd) => {
    expect(byId.has(id)).toBe(true)
    expect(dollars(id, unit)).toBe(usd)
  })

  it.each([
    ['dall-e-3', '2026-05-12', 'gpt-image-2'],
    ['gpt-image-1', '2026-10-23', 'gpt-image-2'],
    ['sora-2', '2026-09-24', undefined],
    ['gemini-2.0-flash-exp-image-generation', '2026-06-01', 'gemini-nano-banana-2.1'],
    ['gemini-2.5-flash-image', '2026-10-02', 'gemini-nano-banana-2.1'],
    ['imagen-3.0-generate-002', '2025-11-10', 'gemini-nano-banana-2.1'],
    ['nova-canvas', '2026-09-30', 'bedrock/stable-image-core'],
  ])('knows that %s was retired on %s', (id, retiresAt, replacedBy) => {
    expect(byId.get(id)?.lifecycle).toEqual({ status: 'retired', retiresAt, ...(replacedBy && { replacedBy }) })
  })

  it('knows what is still served but will not be', () => {
    expect(byId.get('claude-sonnet-4-5')?.lifecycle).toEqual({
      status: 'deprecated',
      retiresAt: '2026-11-30',
      replacedBy: 'claude-sonnet-4-6',
    })
    expect(byId.get('flux-kontext-pro')?.lifecycle).toEqual({ status: 'deprecated', replacedBy: 'flux-2-pro' })
    expect(byId.get('gpt-4o-mini')?.lifecycle?.status).toBe('deprecated')
  })

  it('knows what requests must look like', () => {
    expect(byId.get('gpt-6-sol')?.flags).toEqual({ tokenField: 'max_completion_tokens' })
    expect(byId.get('gpt-4o')?.flags).toBeUndefined()
    expect(byId.get('gpt-image-2')?.flags).toEqual({ responseFormat: false })
    expect(byId.get('gpt-image-2')?.limits).toMatchObject({ sideMultiple: 16, maxAspect: 3, maxPixels: 8_294_400 })
    expect(byId.get('gpt-image-1-mini')?.limits?.sizes).toEqual(['1024x1024', '1536x1024', '1024x1536'])
    expect(byId.get('bfl/flux-dev')).toMatchObject({
      upstreamId: 'flux-dev',
      limits: { minSide: 256, maxSide: 1440, sideMultiple: 32 },
    })
    expect(byId.get('recraftv4_pro')?.limits?.sizes).toContain('3072x1536')
    expect(byId.get('recraftv3')?.inputs?.properties).toMatchObject({ style: { anyOf: expect.any(Array) } })
    expect(byId.get('recraftv4')?.inputs?.properties).not.toHaveProperty('style')
    expect(byId.get('flux-lora')?.capabilities).toMatchObject({ lora: true, guidance: true })
    expect(byId.get('image-to-image')?.inputs).toMatchObject({ required: ['image_url'] })
  })

  it('says of every model that draws whether it takes what may not be left out in silence', () => {
    const switches = ['negativePrompt', 'guidance', 'steps', 'seed', 'lora', 'imageInput', 'mask'] as const
    const unsaid = CATALOG.filter(
      ({ output, lifecycle }) => output?.includes('image') && lifecycle?.status !== 'retired',
    )
      .flatMap(({ id, capabilities = {} }) =>
        switches.filter((name) => capabilities[name] === undefined).map((name) => `${id} ${name}`),
      )
      // Not known of Recraft V4; at Hugging Face it depends on the provider that the router picks.
      .filter((each) => !/^recraftv4.* mask$|^huggingface\//.test(each))
    expect(unsaid).toEqual([])
    expect(byId.get('flux-3-image')?.capabilities).toMatchObject({ seed: false, imageInput: true })
    expect(byId.get('flux-pro-1.0-fill')?.capabilities).toMatchObject({ mask: true, steps: true })
    expect(byId.get('recraftv4_1')?.capabilities).toMatchObject({ negativePrompt: false, imageInput: true })
    expect(byId.get('recraftv3')?.capabilities).toMatchObject({ negativePrompt: true, mask: true })
    expect(byId.get('hy-image-lite')?.capabilities).toMatchObject({ seed: false, imageInput: false })
    expect(byId.get('bedrock/stable-image-core')?.capabilities).toMatchObject({ imageInput: false })
  })

  it('takes pictures in only where a model says that it does', () => {
    for (const { id, output, input, capabilities, lifecycle } of CATALOG) {
      if (!output?.includes('image') || lifecycle?.status === 'retired') continue
      expect(capabilities?.imageInput, id).toBe(input?.includes('image'))
    }
  })

  it('waits two minutes for a picture of BFL, and longer for a video', () => {
    expect(PRESETS.find(({ id }) => id === 'bfl')?.timeouts).toEqual({ totalMs: 120_000 })
    const exceptions = CATALOG.filter(({ provider, timeouts }) => provider === 'bfl' && timeouts)
    expect(exceptions).toMatchObject([{ id: 'flux-3-video', timeouts: { totalMs: 1_800_000 } }])
  })

  it('calls models by the Responses API that nothing else serves', () => {
    for (const id of ['gpt-5.5-pro', 'gpt-5.4-pro', 'gpt-5.2-pro', 'gpt-5-pro', 'o3-pro']) {
      expect(byId.get(id)?.flags, id).toEqual({ api: 'responses' })
    }
    expect(byId.get('gpt-5.5')?.flags?.api).toBeUndefined()
  })

  it('continues answers by those Claudes alone that take the beginning of one', () => {
    const claudes = CATALOG.filter(({ provider }) => provider === 'anthropic')
    const continued = claudes.filter(({ capabilities }) => capabilities?.prefill).map(({ id }) => id)
    expect(continued).toEqual(claudes.map(({ id }) => id).filter((id) => /-4-[0-5]$/.test(id)))
    expect(byId.get('bedrock/claude-sonnet-4-6')?.capabilities?.prefill).toBeUndefined()
  })

  it('has a record for each of the services of Stability that change a picture', () => {
    const edits = CATALOG.filter(({ defaults }) => defaults?.operation !== undefined)
    expect(edits).toHaveLength(12)
    for (const { id, upstreamId, defaults } of edits) {
      expect(id).toBe(`stable-image-${upstreamId}`)
      expect(defaults).toEqual({ operation: upstreamId })
    }
  })

  it('charges a long prompt at the long-context rates as a whole', () => {
    const prices = preparePrices(byId.get('gpt-6-astra')!.prices!)
    expect(costOf(prices, { inputTokens: 271_999, outputTokens: 0 })).toBe(2_719_990_000n)
    expect(costOf(prices, { inputTokens: 272_000, outputTokens: 0 })).toBe(5_440_000_000n)
  })

  it('charges a second megapixel of FLUX.2 less than the first, and 4K video more', () => {
    const flux = preparePrices(byId.get('flux-2-pro')!.prices!)
    expect(costOf(flux, { images: 1, megapixels: 1 })).toBe(30_000_000n)
    expect(costOf(flux, { images: 1, megapixels: 2 })).toBe(45_000_000n)
    const max = preparePrices(byId.get('flux-2-max')!.prices!)
    expect(costOf(max, { images: 1, megapixels: 1 })).toBe(70_000_000n)
    expect(costOf(max, { images: 1, megapixels: 2 })).toBe(100_000_000n)
    const klein = preparePrices(byId.get('flux-2-klein-9b')!.prices!)
    expect(costOf(klein, { images: 1, megapixels: 2 })).toBe(17_000_000n)
    const veo = preparePrices(byId.get('veo-3.1')!.prices!)
    expect(costOf(veo, { seconds: 8 })).toBe(3_200_000_000n)
    expect(costOf(veo, { seconds: 8 }, { resolution: '4k' })).toBe(4_800_000_000n)
  })
})

describe('findInCatalog', () => {
  it.each([
    ['gpt-4o', undefined, 'gpt-4o'],
    [' GPT-4o ', undefined, 'gpt-4o'],
    ['DALL-E 3', undefined, 'dall-e-3'],
    ['openai/gpt-4o', undefined, 'gpt-4o'],
    ['fal-ai/face-swap', undefined, 'fal-ai/face-swap'],
    ['FLUX.1 [dev]', undefined, 'bfl/flux-dev'],
    ['flux-dev', undefined, 'flux-dev'],
    ['flux-dev', 'bfl', 'bfl/flux-dev'],
    ['flux-dev', 'fal', 'flux-dev'],
    ['claude-sonnet-4-6', 'bedrock', 'bedrock/claude-sonnet-4-6'],
    ['gpt-4o', 'openai-compatible', 'gpt-4o'],
    ['ultra', 'stability', 'stable-image-ultra'],
    ['no such model', undefined, undefined],
    ['', undefined, undefined],
    ['constructor', undefined, undefined],
  ])('%j at %s is %s', (name, provider, id) => {
    expect(findInCatalog(name, provider)?.id).toBe(id)
  })
})

describe('slugOf', () => {
  it.each([
    ['DALL-E 3', 'dall-e-3'],
    ['FLUX.1 [dev]', 'flux.1-dev'],
    ['qwen2.5:7b / local_1', 'qwen2.5:7b-/-local_1'],
    ['Modèle Été', 'modèle-été'],
    ['混元 3', '混元-3'],
    [' -- ', ''],
    ['./:', ''],
  ])('%j is %j', (name, slug) => {
    expect(slugOf(name)).toBe(slug)
  })
})

describe('the presets', () => {
  it('have one id each, an adapter of that id and an address without a trailing slash', () => {
    expect(new Set(PRESETS.map(({ id }) => id)).size).toBe(PRESETS.length)
    for (const preset of PRESETS) {
      expect(preset.adapter).toBe(preset.id)
      expect(preset.baseUrl).toMatch(/^https?:\/\/\S*[^/]$/)
      expect(preset.baseUrl.includes('{region}')).toBe(preset.regionVariable !== undefined)
      expect(new URL(preset.docs).protocol).toBe('https:')
      if (!preset.local) expect(preset.credentials).not.toEqual([])
    }
  })
})
