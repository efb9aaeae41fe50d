/** Channels from 0 to 255; opacity from 0 to 1. */
export interface Color {
  red: number
  green: number
  blue: number
  opacity: number
}

/** `#rgb`, `#rrggbb`, or either with an opacity. The text must be one of them. */
export function parseColor(text: string): Color {
  const digits = text.slice(1)
  const step = digits.length > 4 ? 2 : 1
  const [red = 0, green = 0, blue = 0, alpha = 255] = Array.from(
    { length: digits.length / step },
    (_, index) => Number.parseInt(digits.slice(index * step, (index + 1) * step).padEnd(2, digits[index]), 16) || 0,
  )
  return { red, green, blue, opacity: alpha / 255 }
}

const byte = (value: number): string => Math.round(value).toString(16).padStart(2, '0')

/** Without its opacity. */
export const rgbOf = ({ red, green, blue }: Color): string => `#${byte(red)}${byte(green)}${byte(blue)}`

export const hexOf = (color: Color): string =>
  color.opacity < 1 ? rgbOf(color) + byte(color.opacity * 255) : rgbOf(color)

const linear = (channel: number): number => {
  const share = channel / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
}

/** The relative luminance of WCAG 2, from 0 to 1. */
const luminance = ({ red, green, blue }: Color): number =>
  0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)

/** The contrast ratio of WCAG 2, from 1 to 21. */
export function contrastRatio(one: Color, other: Color): number {
  const [a, b] = [luminance(one), luminance(other)]
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
}

/** A colour with an opacity laid over one without. */
export function over(above: Color, below: Color, opacity = above.opacity): Color {
  const mix = (a: number, b: number) => a * opacity + b * (1 - opacity)
  return {
    red: mix(above.red, below.red),
    green: mix(above.green, below.green),
    blue: mix(above.blue, below.blue),
    opacity: 1,
  }
}
