import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, test } from 'vitest'
import type { ImageCall, VideoCall } from '../../core/media.ts'
import { imageEndpoint } from './image-endpoints.ts'
import { imageRequest } from './image-request.ts'
import { videoEndpoint } from './video-endpoints.ts'
import { videoRequest } from './video-request.ts'

/** The inputs of an endpoint as fal's client knows them: types by field, and whether they may be left out. */
type Inputs = Readonly<Record<string, { type: string; optional: boolean }>>

interface Typed {
  id: string
  inputs: Inputs
  output: string
}

function readTypes(): Typed[] {
  const path = createRequire(import.meta.url)
    .resolve('@fal-ai/client/endpoints')
    .replace(/\.js$/, '.d.ts')
  const source = readFileSync(path, 'utf8').replace(/\/\*\*[\s\S]*?\*\//g, '')
  const types = new Map<string, Inputs>()
  for (const [, name, members] of source.matchAll(/export type (\w+) = \{\n([\s\S]*?)\n\};/g)) {
    const fields = members!.matchAll(/^ {4}"?(\w+)"?(\??): ([^\n]*(?:\n {8}[^\n]*)*)/gm)
    types.set(
      name!,
      Object.fromEntries([...fields].map(([, field, mark, type]) => [field!, { type: type!, optional: mark === '?' }])),
    )
  }
  const aliases = new Map([...source.matchAll(/export type (\w+) = (\w+);/g)].map(([, name, of]) => [name!, of!]))
  const find = (name: string): Inputs => types.get(name) ?? (aliases.has(name) ? find(aliases.get(name)!) : {})
  const endpoints = source.matchAll(/^ {4}"([^"]+)": \{\n\s+input: (\w+);\n\s+output: (\w+);/gm)
  return [...endpoints].map(([, id, input, output]) => ({
    id: id!,
    inputs: find(input!),
    output: Object.keys(find(output!)).join(' '),
  }))
}

const TYPED = readTypes()

const PICTURE = { base64: 'iVBORw0KGgo=', mediaType: 'image/png' }

/** What an endpoint would refuse or pass over in a request. */
function faults({ inputs }: Typed, body: Readonly<Record<string, unknown>>, shapes: readonly string[]): string[] {
  const unknown = Object.keys(body).filter((field) => inputs[field] === undefined)
  const missing = Object.keys(inputs).filter(
    (field) =>
      /^(prompt|(start_|input_)?image_urls?)$/.test(field) && !inputs[field]!.optional && body[field] === undefined,
  )
  const notListed = shapes.filter((field) => {
    const listed = [...(inputs[field]?.type.matchAll(/"([^"]+)"/g) ?? [])].map(([, value]) => value)
    const value = body[field]
    return typeof value === 'string' && listed.length > 0 && !listed.includes(value)
  })
  return [
    ...unknown.map((field) => `${field} is unknown`),
    ...missing.map((field) => `${field} is missing`),
    ...notListed.map((field) => `${field} may not be ${body[field]}`),
  ]
}

const IMAGE_FAMILIES =
  /^fal-ai\/(flux(-1)?\/|flux-lora(\/|$)|flux-pro\/|flux-2(-pro|-max|-flex)?(\/(?!.*realtime)|$)|nano-banana|gemini-[\d.]+-(flash|pro)|imagen|gpt-image|ideogram\/|recraft\/v|bytedance\/seedream|luma-photon|qwen-image(?!-layered)|z-image)/

const images = TYPED.filter(
  ({ id, inputs, output }) => IMAGE_FAMILIES.test(id) && inputs.prompt && /\bimages?\b/.test(output),
)

test('the types are read', () => {
  expect(TYPED.length).toBeGreaterThan(1000)
  expect(images.length).toBeGreaterThan(120)
})

describe('a call with every setting has nothing that the endpoint does not know', () => {
  test.each(images.map((typed) => [typed.id, typed] as const))('%s', (id, typed) => {
    const { pictures } = imageEndpoint(id)
    const call: ImageCall = {
      model: id,
      prompt: 'a fox',
      negativePrompt: 'rain',
      seed: 7,
      count: 1,
      guidanceScale: 3,
      steps: 20,
      strength: 0.5,
      loras: [{ path: 'https://weights.example/a', scale: 1 }],
      mask: PICTURE,
      style: 'any',
      quality: 'high',
      background: 'opaque',
      outputFormat: 'png',
      ...(pictures && { pictures: [PICTURE] }),
    }
    for (const shape of [{ size: { width: 1024, height: 1024 } }, { aspectRatio: '16:9' }]) {
      const { body } = imageRequest({ ...call, ...shape }, 'fal')
      expect(faults(typed, body, ['image_size', 'aspect_ratio', 'output_format', 'format'])).toEqual([])
    }
  })

  test.each(images.map((typed) => [typed.id, typed] as const))('%s: the formats', (id, { inputs }) => {
    const { format, formats } = imageEndpoint(id)
    for (const name of formats) expect(inputs[format]?.type).toContain(`"${name}"`)
  })
})

const VIDEO_FAMILIES =
  /^(fal-ai\/(veo|kling-video\/|minimax\/|bytedance\/seedance|luma-dream-machine|pixverse\/|sora-2\/|ltx-2(\.3)?\/|ltx-2-19b\/|wan\/v2\.[27]|wan-25)|wan\/v2\.6\/(text|image)-to)/

const videos = TYPED.filter(
  ({ id, inputs, output }) =>
    VIDEO_FAMILIES.test(id) && inputs.prompt && !inputs.video_url && !inputs.video_urls && /\bvideo\b/.test(output),
)

describe('a video with every setting has nothing that the endpoint does not know', () => {
  test.each(videos.map((typed) => [typed.id, typed] as const))('%s', (id, typed) => {
    const { pictures } = videoEndpoint(id)
    const call: VideoCall = {
      model: id,
      prompt: 'a fox runs',
      negativePrompt: 'rain',
      seed: 7,
      aspectRatio: '16:9',
      seconds: 8,
      framesPerSecond: 25,
      resolution: '720p',
      audio: true,
      lastFrame: PICTURE,
      ...(pictures && { pictures: [PICTURE] }),
    }
    const { body } = videoRequest(call, 'fal')
    expect(faults(typed, body, ['aspect_ratio', 'video_size'])).toEqual([])
    // The types have numbers as text, too; so only how a duration is written can be held against them.
    if (typeof body.duration === 'string') {
      expect(typed.inputs.duration!.type).toMatch(body.duration.endsWith('s') ? /"\d+s"|string/ : /"\d+"|number|string/)
    }
  })

  test('there are such endpoints', () => expect(videos.length).toBeGreaterThan(120))
})
