import type { Capabilities, Model, ModelPatch } from '@turnout/contract'
import { describe, expect, test } from 'vitest'
import type { MediaAdapter } from '../src/core/adapter.ts'
import type { TurnoutError } from '../src/core/error.ts'
import { declaredFor } from '../src/core/inputs/declared.ts'
import type { ImageCall } from '../src/core/media.ts'
import { ADAPTERS } from '../src/main.ts'
import { connectTo } from '../src/providers/testing/connection.ts'
import { CATALOG } from '../src/registry/catalog/index.ts'
import { EVERY_SETTING } from './providers/settings.ts'

/**
 * The catalog says what a model takes, and its adapter sends what it takes:
 * here the one is held against the other, setting by setting.
 */

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const picture = { base64: PIXEL, mediaType: 'image/png' }

/** The name of each setting in a call, and a call that has it. */
const SETTINGS: readonly [keyof Capabilities, name: string, Partial<ImageCall>][] = [
  ['negativePrompt', 'negativePrompt', { negativePrompt: 'rain' }],
  ['guidance', 'guidanceScale', { guidanceScale: 5 }],
  ['steps', 'steps', { steps: 20 }],
  ['seed', 'seed', { seed: 7 }],
  ['lora', 'loras', { loras: [{ path: 'https://assets.example/a.safetensors' }] }],
  ['imageInput', 'pictures', { pictures: [picture] }],
  ['mask', 'mask', { pictures: [picture], mask: picture }],
]

/** An answer in the words of every provider at once: each finds its own. */
const ANSWER = {
  id: 'task',
  polling_url: 'https://provider.example/task',
  job_id: 'job',
  request_id: 'request',
  status_url: 'https://provider.example/status',
  response_url: 'https://provider.example/response',
  data: [{ b64_json: PIXEL, url: 'https://assets.example/a.png' }],
  images: [PIXEL],
  predictions: [{ bytesBase64Encoded: PIXEL }],
  name: 'operations/1',
  candidates: [{ content: { parts: [{ inlineData: { mimeType: 'image/png', data: PIXEL } }] } }],
  output: { task_id: 'task', choices: [{ message: { content: [{ image: 'https://assets.example/a.png' }] } }] },
  Response: { JobId: 'job', ResultImage: 'https://assets.example/a.png' },
}

/** The record refuses on purpose what the adapter would do otherwise than the model. */
const ON_PURPOSE: readonly RegExp[] = [
  // Painting within a mask is a service with a price and a record of its own.
  /^(stable-image-(core|ultra)|sd3\.5-.*) mask$/,
  // They draw from words alone; the adapter knows of no model of this API which of the two it is.
  /^(qwen-image(-max|-plus)?|wan2\.6-t2i) imageInput$/,
  // Its schema is strict and has no seed.
  /^flux-tools\/outpainting-v1 seed$/,
]

/** Where the results of SageMaker's asynchronous calls will be. */
const LOCATIONS = {
  'x-amzn-sagemaker-outputlocation': 's3://results/a.out',
  'x-amzn-sagemaker-failurelocation': 's3://results/a.err',
}

const connectionTo = (provider: string) =>
  connectTo(
    () =>
      provider === 'stability'
        ? { headers: { 'content-type': 'image/png' }, body: 'png' }
        : { headers: LOCATIONS, body: ANSWER },
    { provider, credential: 'part:part', region: 'us-west-2', settings: provider === 'vertex' ? { project: 'p' } : {} },
  )

/** What becomes of one setting: `sent`, or why not. */
async function outcomeOf(record: ModelPatch, name: string, setting: object) {
  const { id, upstreamId = id, provider = '', defaults } = record
  const connection = connectionTo(provider)
  const declared = declaredFor(record as Model, setting).call
  const call = { model: upstreamId, prompt: 'a tram', count: 1, ...(defaults && { defaults }), ...declared, ...setting }
  try {
    const outcome = await ADAPTERS.get(provider)!.image!.start(call, connection)
    const { warnings } = (outcome.status === 'done' ? outcome : outcome.operation) as { warnings: string[] }
    const told = warnings.find((each) => each.includes(`(${name})`) || each.includes(`does not take ${name};`))
    return told ?? 'sent'
  } catch (error) {
    return (error as Error).message
  }
}

const models = CATALOG.filter(
  ({ output, lifecycle, provider }) =>
    // What Hugging Face's providers take is not said; nobody asks for what is retired.
    output?.includes('image') && lifecycle?.status !== 'retired' && provider !== 'huggingface',
)

describe.each([...new Set(models.map(({ provider }) => provider!))])('what the catalog says of %s', (provider) => {
  test('is what its adapter sends', async () => {
    const wrong: string[] = []
    for (const model of models.filter((each) => each.provider === provider)) {
      for (const [capability, name, setting] of SETTINGS) {
        const claimed = model.capabilities?.[capability]
        if (claimed === undefined || ON_PURPOSE.some((each) => each.test(`${model.id} ${capability}`))) continue
        const outcome = await outcomeOf(model, name, setting)
        if ((outcome === 'sent') !== claimed) wrong.push(`${model.id} ${capability}: ${claimed}, but ${outcome}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

/** What a call asks of the provider, and what is told of it. */
async function callOf(record: ModelPatch, kind: 'image' | 'video', settings: object) {
  const { id, upstreamId = id, provider = '', transform } = record
  const connection = connectionTo(provider)
  const count = kind === 'image' ? { count: 1 } : {}
  const call = { prompt: 'a tram', ...count, ...(transform && { transform }), ...settings, model: upstreamId }
  const adapter = ADAPTERS.get(provider)![kind] as MediaAdapter<object>
  const told = await adapter.start(call, connection).then(
    ({ warnings = [] }) => warnings,
    (error: TurnoutError) => [error.message],
  )
  const sent = connection.sent.map(({ url, body }) => `${url} ${String(body)}`.replace(/turnout-[\da-f-]{36}/g, ''))
  return { sent, told }
}

describe.each(['image', 'video'] as const)('a call of any model of the catalog for %s', (kind) => {
  const able = CATALOG.filter(
    ({ output, provider = '' }) =>
      output?.includes(kind) && provider !== 'huggingface' && ADAPTERS.get(provider)?.[kind],
  )

  test.each(EVERY_SETTING[kind])('leaves $name not out in silence', async ({ needs, asked, words }) => {
    const silent: string[] = []
    for (const model of able) {
      const without = await callOf(model, kind, { ...needs })
      // What the setting needs is refused.
      if (without.sent.length === 0) continue
      const { sent, told } = await callOf(model, kind, { ...needs, ...asked })
      if (told.some((each) => words.test(each) && !without.told.includes(each))) continue
      if (sent.join() === without.sent.join()) silent.push(model.id ?? '')
    }
    expect(silent).toEqual([])
  })
})
