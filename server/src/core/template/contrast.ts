import { type Color, contrastRatio, over, parseColor } from './color.ts'

/** How a text is made to stand out from what is underneath. */
export interface Standout {
  color: Color
  /** The WCAG ratio that is reached. */
  ratio: number
  /** What is laid between the picture and the text. */
  scrim: { color: Color; opacity: number } | undefined
}

interface Wish {
  /** A colour, or `auto`. */
  color: string
  /** What `auto` chooses from. */
  colors: readonly string[]
  contrast: number
  mayScrim: boolean
}

/** So much of what is underneath may contrast less: a speck of light is no reason for a scrim. */
const FORGIVEN = 0.04
const MOST_OPACITY = 0.9
/** Pixels are whole numbers: this much more is aimed at. */
const RESERVE = 0.1
const DARK: Color = { red: 8, green: 10, blue: 14, opacity: 1 }
const LIGHT: Color = { red: 255, green: 255, blue: 255, opacity: 1 }

/** The ratio that all but a few of the places underneath reach. */
export function leastContrast(text: Color, under: readonly Color[]): number {
  const ratios = under.map((each) => contrastRatio(over(text, each), each)).sort((a, b) => a - b)
  return ratios[Math.floor(ratios.length * FORGIVEN)] ?? 21
}

const withScrim = (under: readonly Color[], scrim: Color, opacity: number) =>
  under.map((each) => over(scrim, each, opacity))

/** The faintest scrim with which the text reaches the ratio, or the strongest there is. */
function scrimFor(color: Color, under: readonly Color[], wanted: number) {
  const scrim = contrastRatio(color, DARK) >= contrastRatio(color, LIGHT) ? DARK : LIGHT
  const reached = (opacity: number) => leastContrast(color, withScrim(under, scrim, opacity))
  const steps = Array.from({ length: 45 }, (_, step) => ((step + 1) * MOST_OPACITY) / 45)
  const opacity = steps.find((each) => reached(each) >= wanted + RESERVE) ?? MOST_OPACITY
  return { ratio: reached(opacity), scrim: { color: scrim, opacity } }
}

/** Chooses the colour of a text, and a scrim where that alone does not stand out enough. */
export function standOut({ color, colors, contrast, mayScrim }: Wish, under: readonly Color[]): Standout {
  const choices = (color === 'auto' ? colors : [color]).map((each) => {
    const parsed = parseColor(each)
    return { color: parsed, ratio: leastContrast(parsed, under), scrim: undefined }
  })
  const best = choices.find(({ ratio }) => ratio >= contrast) ?? choices.reduce((a, b) => (b.ratio > a.ratio ? b : a))
  if (best.ratio >= contrast || !mayScrim) return best
  const scrimmed = choices.map(({ color: each }) => ({ color: each, ...scrimFor(each, under, contrast) }))
  const enough = scrimmed.filter(({ ratio }) => ratio >= contrast)
  if (enough.length === 0) return scrimmed.reduce((a, b) => (b.ratio > a.ratio ? b : a))
  return enough.reduce((a, b) => (b.scrim.opacity < a.scrim.opacity ? b : a))
}
