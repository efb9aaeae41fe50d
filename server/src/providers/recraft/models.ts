import type { Size } from '../shared/media.ts'

/** Sizes by generation. Source: Recraft's OpenAPI description of 2026-08-22 and the appendix of its API reference. */
const V2_V3 =
  '1024x1024 1365x1024 1024x1365 1536x1024 1024x1536 1820x1024 1024x1820 1024x2048 2048x1024 ' +
  '1434x1024 1024x1434 1024x1280 1280x1024 1024x1707 1707x1024'
const V4 =
  '1024x1024 1216x896 896x1216 1280x832 832x1280 1152x896 896x1152 1280x896 896x1280 ' +
  '832x1344 1344x768 768x1344 768x1536 1536x768'

const sizes = (list: string, scale = 1): Size[] =>
  list.split(' ').map((size) => {
    const [width, height] = size.split('x').map(Number)
    return { width: width! * scale, height: height! * scale }
  })

export const ASPECT_RATIOS = '1:1 2:1 1:2 3:2 2:3 4:3 3:4 5:4 4:5 6:10 14:10 10:14 16:9 9:16'.split(' ')

/** What the models of one generation take. */
export interface Generation {
  sizes: readonly Size[]
  /** Whether a prompt can say what is not wanted; V4 passes it over. */
  negativePrompt: boolean
  /** Whether styles have names; V4 knows those alone that were made with `/styles`. */
  namedStyles: boolean
}

const OLDER: Generation = { sizes: sizes(V2_V3), negativePrompt: true, namedStyles: true }
const FOURTH: Generation = { sizes: sizes(V4), negativePrompt: false, namedStyles: false }
const FOURTH_PRO: Generation = { ...FOURTH, sizes: sizes(V4, 2) }

/** Undefined for the models of others that Recraft passes on, which have sizes of their own. */
export function generationOf(model: string): Generation | undefined {
  if (/^(recraftv[23]|recraft20b|refm1)/.test(model)) return OLDER
  if (!model.startsWith('recraftv4')) return undefined
  return model.includes('_pro') ? FOURTH_PRO : FOURTH
}

const VECTOR_STYLES: ReadonlySet<unknown> = new Set(['vector_illustration', 'icon'])

/** Whether the result is a drawing (SVG): by the model's name, or by the style where styles have names. */
export const isVector = (model: string, style: unknown): boolean =>
  /_vector$/.test(model) || (!/_raster$/.test(model) && generationOf(model) === OLDER && VECTOR_STYLES.has(style))
