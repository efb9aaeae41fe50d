import { RATIOS, SIZES, SIZES_V4, SIZES_V4_PRO } from './enums.ts'

/** Units for one picture; a thousand units are one US dollar. Source: recraft.ai, API pricing, 2026. */
export function creditsOf(model: string, vector: boolean): number {
  const pro = model.includes('_pro')
  if (vector) return pro ? 300 : 80
  if (model.includes('flash')) return 7
  if (model.startsWith('recraftv2') || model === 'recraft20b') return 22
  if (pro && model.startsWith('recraftv4')) return 250
  return model.startsWith('recraftv4_1') ? 35 : 40
}

/** Whether the model, or the style of an older one, draws SVG. */
export function drawsVectors(model: string, style: string | undefined): boolean {
  if (model.endsWith('_vector')) return true
  return /^recraftv[23]$/.test(model) && (style === 'vector_illustration' || style === 'icon')
}

/** Sizes that the model draws; undefined where any of the specification may do. */
export function sizesOf(model: string): readonly string[] {
  if (/^recraftv4.*_pro/.test(model)) return [...SIZES_V4_PRO, ...RATIOS]
  if (model.startsWith('recraftv4')) return [...SIZES_V4, ...RATIOS]
  if (/^recraft(v[23]|20b)/.test(model)) return [...SIZES, ...RATIOS]
  return [...new Set([...SIZES, ...SIZES_V4, ...SIZES_V4_PRO, ...RATIOS])]
}

/** Longest prompt in characters. */
export const promptLimit = (model: string): number => (/^recraft(v[23]|20b)/.test(model) ? 1_000 : 10_000)
