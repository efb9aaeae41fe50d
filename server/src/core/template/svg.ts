import type { ShapeLayer } from '@turnout/contract'
import { type Color, parseColor, rgbOf } from './color.ts'
import type { Rectangle, Size } from './layout/boxes.ts'
import type { PlacedItem } from './layout/index.ts'
import type { Typeface } from './layout/typeface.ts'

/*
 * Marks of SVG. They are made of numbers, of colours that were parsed, and of
 * outlines of glyphs: nothing that somebody has written stands in them.
 */

const n = (value: number): string => String(Math.round(value * 100) / 100)

const fill = (color: Color, opacity = 1): string =>
  `fill="${rgbOf(color)}" fill-opacity="${n(color.opacity * opacity)}"`

const rectangle = ({ x, y, width, height }: Rectangle, radius: number, paint: string): string =>
  `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${n(radius)}" ${paint}/>`

export const svgDocument = ({ width, height }: Size, marks: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}">${marks}</svg>`

/** A surface with round corners that keeps what is drawn below it, as faint as it is itself. */
export const mask = (size: Size, radius: number, opacity: number): string =>
  svgDocument(size, rectangle({ x: 0, y: 0, ...size }, radius, `fill="#fff" fill-opacity="${n(opacity)}"`))

const SCRIM_STOPS = 10
/** Slow at both ends, so that no edge is seen where a scrim begins. */
const eased = (share: number): number => share * share * (3 - 2 * share)

function scrim(id: string, { towards }: ShapeLayer, at: Rectangle, color: Color, opacity: number): string {
  const ends = { top: [0, 1, 0, 0], bottom: [0, 0, 0, 1], left: [1, 0, 0, 0], right: [0, 0, 1, 0] }[towards]
  const [x1, y1, x2, y2] = ends
  const stops = Array.from({ length: SCRIM_STOPS + 1 }, (_, step) => {
    const share = step / SCRIM_STOPS
    const faint = Math.round(color.opacity * opacity * eased(share) * 1000) / 1000
    return `<stop offset="${n(share)}" stop-color="${rgbOf(color)}" stop-opacity="${faint}"/>`
  })
  return `<linearGradient id="${id}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}">${stops.join('')}</linearGradient>${rectangle(at, 0, `fill="url(#${id})"`)}`
}

function starburst({ points, depth }: ShapeLayer, at: Rectangle, paint: string): string {
  const outer = Math.min(at.width, at.height) / 2
  const corners = Array.from({ length: points * 2 }, (_, index) => {
    const radius = index % 2 === 0 ? outer : outer * (1 - depth)
    const angle = (index * Math.PI) / points - Math.PI / 2
    return `${n(at.x + at.width / 2 + radius * Math.cos(angle))} ${n(at.y + at.height / 2 + radius * Math.sin(angle))}`
  })
  return `<path d="M${corners.join('L')}Z" stroke-linejoin="round" ${paint}/>`
}

/** @param id Unlike that of any other mark of the same drawing */
export function shapeMarks(id: string, { layer, at, radius }: Extract<PlacedItem, { type: 'shape' }>): string {
  const color = parseColor(layer.color)
  const paint = fill(color, layer.opacity)
  switch (layer.shape) {
    case 'rectangle':
      return rectangle(at, radius, paint)
    case 'line':
      return rectangle(at, Math.min(at.width, at.height) / 2, paint)
    case 'circle': {
      const [cx, cy] = [at.x + at.width / 2, at.y + at.height / 2]
      return `<circle cx="${n(cx)}" cy="${n(cy)}" r="${n(Math.min(at.width, at.height) / 2)}" ${paint}/>`
    }
    case 'scrim':
      return scrim(id, layer, at, color, layer.opacity)
    case 'starburst':
      return starburst(layer, at, paint)
  }
}

type TextItem = Extract<PlacedItem, { type: 'text' }>

export function plateMarks({ layer: { plate }, at, size }: TextItem): string {
  if (plate === undefined) return ''
  const radius = Math.min(plate.radius * size, at.height / 2, at.width / 2)
  return rectangle(at, radius, fill(parseColor(plate.color), plate.opacity))
}

const grown = ({ x, y, width, height }: Rectangle, by: number): Rectangle => ({
  x: x - by,
  y: y - by,
  width: width + 2 * by,
  height: height + 2 * by,
})

/** A drawing of its own, with the place of its top left corner and its size. */
export interface BlurredMarks {
  svg: string
  area: Rectangle
}

function blurred(marks: string, deviation: number, around: Rectangle): BlurredMarks {
  const { x, y, width, height } = grown(around, deviation * 3)
  const area = { x: Math.floor(x), y: Math.floor(y), width: Math.ceil(width) + 2, height: Math.ceil(height) + 2 }
  const place = `x="${area.x}" y="${area.y}" width="${area.width}" height="${area.height}"`
  const filter = `<filter id="blur" filterUnits="userSpaceOnUse" ${place}><feGaussianBlur stdDeviation="${n(deviation)}"/></filter>`
  const view = `viewBox="${area.x} ${area.y} ${area.width} ${area.height}"`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${area.width}" height="${area.height}" ${view}>${filter}<g filter="url(#blur)">${marks}</g></svg>`
  return { svg, area }
}

/** A surface behind a text that fades out around it, and is even where the text is. */
export function textScrimMarks({ ink, size }: TextItem, color: Color, opacity: number): BlurredMarks {
  const fade = Math.max(size * 0.9, 24)
  const surface = grown(ink, fade)
  return blurred(rectangle(surface, fade / 2, fill(color, opacity)), fade / 3, surface)
}

const outlines = ({ lines, size, layer }: TextItem, face: Typeface): string =>
  lines.map(({ text, x, baseline }) => face.outline(text, x, baseline, size, layer.letterSpacing)).join('')

export function shadowMarks(item: TextItem, face: Typeface): BlurredMarks {
  const { ink, size } = item
  const path = `<path transform="translate(0 ${n(size * 0.025)})" d="${outlines(item, face)}" fill="#000000" fill-opacity="0.5"/>`
  return blurred(path, size * 0.07, grown(ink, size * 0.3))
}

export function textMarks(item: TextItem, face: Typeface, color: Color): string {
  const { layer, lines, size } = item
  const paint = fill(color)
  const strikes = layer.strike
    ? lines.map(({ text, x, baseline }) => {
        const { left, right } = face.measure(text, layer.letterSpacing)
        const height = size * 0.075
        const at = { x: x + left * size, y: baseline - size * 0.3 - height / 2, width: (right - left) * size, height }
        return rectangle(at, 0, paint)
      })
    : []
  return `<path d="${outlines(item, face)}" ${paint}/>${strikes.join('')}`
}
