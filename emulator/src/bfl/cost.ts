import type { Wanted } from './request.ts'

/** Credits for one picture; one credit is one US cent. Source: docs.bfl.ai, pricing, and public price lists of 2026. */
const CREDITS: Readonly<Record<string, number>> = {
  'flux-dev': 2.5,
  'flux-pro-1.1': 4,
  'flux-pro-1.1-ultra': 6,
  'flux-pro-1.0-fill': 5,
  'flux-pro-1.0-expand': 5,
  'flux-kontext-pro': 4,
  'flux-kontext-max': 8,
  'flux-2-pro': 3,
  'flux-2-pro-preview': 3,
  'flux-2-max': 7,
  'flux-2-flex': 5,
  'flux-2-klein-4b': 1.4,
  'flux-2-klein-9b': 1.5,
  'flux-2-klein-9b-preview': 1.5,
  'flux-3-image-klein': 0.9,
}

/** FLUX 3 Image by its class of resolution. */
const FLUX3: Readonly<Record<string, number>> = { '768sq': 4.1, '1k': 4.8, '2k': 10, '4k': 60.7 }

/** FLUX 3 Video, for each second. */
const SECOND: Readonly<Record<string, number>> = { hd: 17, fhd: 29 }

/** What each further megapixel costs with FLUX.2 [pro]. */
const MEGAPIXEL = 1.5

/** Megapixels with two decimals. */
function megapixels({ width, height }: { width: number; height: number }): number {
  return Math.round((width * height * 100) / 1024 ** 2) / 100
}

export interface Cost {
  /** Credits; null where no price is published. */
  cost: number | null
  input_mp: number | null
  output_mp: number | null
}

export function costOf(wanted: Wanted): Cost {
  const { model, seconds, resolution = '' } = wanted
  if (seconds !== undefined) return { cost: seconds * (SECOND[resolution] ?? 0), input_mp: null, output_mp: null }
  const output = megapixels(wanted)
  const input = wanted.sources.reduce((sum, source) => sum + megapixels(source), 0)
  const base = model === 'flux-3-image' ? FLUX3[resolution] : CREDITS[model]
  const further = model.startsWith('flux-2-pro') ? MEGAPIXEL * (Math.ceil(output) - 1 + Math.ceil(input)) : 0
  return { cost: base === undefined ? null : base + further, input_mp: input, output_mp: output }
}
