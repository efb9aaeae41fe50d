import { GenerateImage, type Model } from '@turnout/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitImageSettings } from './image-settings.ts'

const model = (limits: Model['limits'], capabilities: Model['capabilities'] = {}) =>
  ({ id: 'painter', limits, capabilities }) as Model
const asked = (settings: Partial<GenerateImage>) =>
  GenerateImage.parse({ prompt: 'a tram', modelId: 'painter', ...settings })
const fit = (limits: Model['limits'], settings: Partial<GenerateImage>) =>
  fitImageSettings(model(limits), asked(settings))

const LISTED = { sizes: ['auto', '1024x1024', '1536x1024', '1024x1536'] }
const FREE = { minSide: 256, maxSide: 3840, sideMultiple: 16, maxPixels: 3840 * 2160, maxAspect: 3 }

test('without a size none is sent', () => {
  expect(fit(LISTED, {})).toEqual({ size: undefined, mapped: [] })
})

test.each([
  [512, 512, '1024x1024'],
  [1920, 1080, '1536x1024'],
  [720, 1280, '1024x1536'],
  [1024, 1024, '1024x1024'],
])('%i x %i becomes the listed %s', (width, height, expected) => {
  const { size, mapped } = fit(LISTED, { width, height })
  expect(`${size!.width}x${size!.height}`).toBe(expected)
  expect(mapped.map(({ setting }) => setting)).toEqual(
    (['width', 'height'] as const).filter((side) => size![side] !== { width, height }[side]),
  )
})

test('one side alone asks for a square', () => {
  expect(fit({}, { width: 640 }).size).toEqual({ width: 640, height: 640 })
})

test('a size within free limits stays as it is', () => {
  expect(fit(FREE, { width: 1920, height: 1088 })).toEqual({ size: { width: 1920, height: 1088 }, mapped: [] })
})

test('whatever is asked for, what is sent is allowed, and every change is reported', () => {
  const side = fc.integer({ min: 64, max: 8192 })
  fc.assert(
    fc.property(side, side, (width, height) => {
      const { size, mapped } = fit(FREE, { width, height })
      expect(size!.width % 16).toBe(0)
      expect(size!.height % 16).toBe(0)
      expect(Math.max(size!.width, size!.height)).toBeLessThanOrEqual(3840)
      expect(Math.min(size!.width, size!.height)).toBeGreaterThanOrEqual(256)
      expect(size!.width * size!.height).toBeLessThanOrEqual(3840 * 2160)
      expect(mapped.length).toBe(Number(size!.width !== width) + Number(size!.height !== height))
    }),
  )
})

test.each([
  ['negativePrompt', { negativePrompt: false }, { negativePrompt: 'rain' }],
  ['seed', { seed: false }, { seed: 7 }],
  ['steps', { steps: false }, { steps: 20 }],
  ['guidanceScale', { guidance: false }, { guidanceScale: 3 }],
] as const)('%s is refused by name where the model has no notion of it', (setting, capabilities, settings) => {
  expect(() => fitImageSettings(model({}, capabilities), asked(settings))).toThrow(setting)
})

test('too many pictures and too long a prompt are refused with what is allowed', () => {
  expect(() => fit({ images: 2 }, { count: 3 })).toThrow('count must be at most 2')
  expect(() => fit({ promptCharacters: 5 }, { prompt: 'a tram' })).toThrow('at most 5 characters')
})
