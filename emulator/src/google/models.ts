import type { JsonObject, World } from '../types.ts'
import { modelNotFound } from './errors.ts'

export type Method = 'generateContent' | 'embedContent' | 'predict' | 'predictLongRunning'

export interface GoogleModel {
  id: string
  methods: readonly Method[]
  inputTokens: number
  outputTokens: number
  /** Answers with pictures. */
  draws: boolean
  /** Takes `thinkingLevel`, and wants its thought signatures back with function calls. */
  levels: boolean
  /** Aspect ratios of its pictures. */
  ratios: readonly string[]
  /** Picture sizes beside the standard 1K. */
  sizes: readonly string[]
}

const TEN = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9']

const BASE: Omit<GoogleModel, 'id'> = {
  methods: ['generateContent'],
  inputTokens: 1_048_576,
  outputTokens: 65_536,
  draws: false,
  levels: true,
  ratios: [],
  sizes: [],
}

const IMAGE = { ...BASE, inputTokens: 65_536, outputTokens: 32_768, draws: true, ratios: TEN }

/** Source: ai.google.dev, models and pricing, November 2026; the retired ones are answered as unknown, as Google does. */
const KNOWN: Readonly<Record<string, Partial<GoogleModel>>> = {
  'gemini-4-argon': {},
  'gemini-3.8-flash': {},
  'gemini-3.7-flash': {},
  'gemini-3.6-flash': {},
  'gemini-3.5-flash': {},
  'gemini-3.5-flash-lite': {},
  'gemini-3.1-pro-preview': {},
  'gemini-3.1-flash-lite': {},
  'gemini-2.5-flash': { levels: false },
  'gemini-2.5-flash-lite': { levels: false },
  'gemini-2.5-pro': { levels: false },
  'gemini-nano-banana-2.1': { ...IMAGE, ratios: [...TEN, '1:4', '1:8', '4:1', '8:1'], sizes: ['512', '2K', '4K'] },
  'gemini-3-pro-image': { ...IMAGE, sizes: ['2K', '4K'] },
  'gemini-3.1-flash-lite-image': IMAGE,
  'gemini-embedding-001': { methods: ['embedContent'], inputTokens: 2048, outputTokens: 1 },
  'gemini-embedding-2': { methods: ['embedContent'], inputTokens: 8192, outputTokens: 1 },
  'imagen-4.0-generate-001': {
    methods: ['predict'],
    inputTokens: 480,
    draws: true,
    ratios: ['1:1', '3:4', '4:3', '9:16', '16:9'],
  },
  'veo-3.1-generate-preview': { methods: ['predictLongRunning'], inputTokens: 480, ratios: ['16:9', '9:16'] },
}

function guess(id: string): Partial<GoogleModel> {
  if (/embed/.test(id)) return KNOWN['gemini-embedding-001'] ?? {}
  if (/^imagen/.test(id)) return KNOWN['imagen-4.0-generate-001'] ?? {}
  if (/^veo/.test(id)) return KNOWN['veo-3.1-generate-preview'] ?? {}
  return /image|banana/.test(id) ? { ...IMAGE, sizes: ['2K', '4K'] } : { levels: !/gemini-[12]/.test(id) }
}

export function googleModels(world: World): GoogleModel[] {
  const more = world.moreModels.filter((id) => !Object.hasOwn(KNOWN, id)).map((id) => [id, guess(id)] as const)
  return [...Object.entries(KNOWN), ...more].map(([id, own]) => ({ ...BASE, ...own, id }))
}

/** @throws Refusal 404 for an unknown model and for one that does not know the method */
export function googleModel(id: string, method: Method, world: World): GoogleModel {
  const model = googleModels(world).find((candidate) => candidate.id === id)
  if (!model?.methods.includes(method)) throw modelNotFound(id, method)
  return model
}

/** A model as the list shows it. */
export function publicModel(model: GoogleModel): JsonObject {
  return {
    name: `models/${model.id}`,
    version: '001',
    displayName: model.id,
    description: 'An emulated model.',
    inputTokenLimit: model.inputTokens,
    outputTokenLimit: model.outputTokens,
    supportedGenerationMethods: [...model.methods],
    ...(model.methods.includes('generateContent') ? { temperature: 1, topP: 0.95, topK: 64, maxTemperature: 2 } : {}),
  }
}
