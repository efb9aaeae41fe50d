import { typeface } from './font.ts'

export interface Caption {
  prompt: string
  /** Short facts in one line below the prompt. */
  facts: readonly string[]
  width: number
  height: number
}

const MARK = 'EMULATED'
const MAX_SHARE = 0.5

/** A card at the foot of the picture with the prompt and its facts, and a mark in the corner, as SVG marks. */
export async function caption({ prompt, facts, width, height }: Caption): Promise<string> {
  const [regular, bold] = await Promise.all([typeface(400), typeface(600)])
  const unit = Math.min(width, height) / 1024
  const margin = 44 * unit
  const padding = 36 * unit
  const inner = width - 2 * (margin + padding)
  const factSize = 23 * unit
  const factLines = regular.wrap(facts.join('   ·   '), factSize, inner)
  const room = height * MAX_SHARE - 2 * padding - factLines.length * factSize * 1.5
  let size = 46 * unit
  let lines = bold.wrap(prompt.slice(0, 1_000), size, inner)
  while (lines.length * size * 1.28 > room && size > 22 * unit) {
    size *= 0.9
    lines = bold.wrap(prompt.slice(0, 1_000), size, inner)
  }
  const most = Math.max(1, Math.floor(room / (size * 1.28)))
  if (lines.length > most) lines = [...lines.slice(0, most - 1), `${lines[most - 1]}…`]

  const cardHeight = 2 * padding + lines.length * size * 1.28 + factLines.length * factSize * 1.5 + 12 * unit
  const top = height - margin - cardHeight
  let y = top + padding + size * 0.92
  let marks = `<rect x="${margin}" y="${top}" width="${width - 2 * margin}" height="${cardHeight}" rx="${26 * unit}" fill="#0b1020" fill-opacity="0.66"/>`
  for (const line of lines) {
    marks += `<path d="${bold.path(line, margin + padding, y, size)}" fill="#ffffff"/>`
    y += size * 1.28
  }
  y += factSize * 0.5
  for (const line of factLines) {
    marks += `<path d="${regular.path(line, margin + padding, y, factSize)}" fill="#cfd6ea"/>`
    y += factSize * 1.5
  }
  return marks + (await badge(width, margin, unit))
}

async function badge(width: number, margin: number, unit: number): Promise<string> {
  const face = await typeface(700)
  const size = 22 * unit
  const spaced = [...MARK].join('\u2009')
  const text = face.width(spaced, size)
  const [boxWidth, boxHeight] = [text + 40 * unit, 50 * unit]
  const x = width - margin - boxWidth
  return `<rect x="${x}" y="${margin}" width="${boxWidth}" height="${boxHeight}" rx="${boxHeight / 2}" fill="#ffffff" fill-opacity="0.92"/>
<path d="${face.path(spaced, x + 20 * unit, margin + boxHeight / 2 + size * 0.36, size)}" fill="#141a33"/>`
}
