import { type Random, randomFrom } from '../random.ts'

/** Skies from top to bottom, then hills from far to near. */
const PALETTES: readonly { sky: readonly [string, string, string]; hills: readonly string[]; sun: string }[] = [
  { sky: ['#1b2a6b', '#8a4f9e', '#f4a27a'], hills: ['#6b4a8a', '#48357a', '#2c2560', '#191a45'], sun: '#ffe3b0' },
  { sky: ['#0b6e8f', '#4fb3bf', '#f5e7c1'], hills: ['#5d9ea6', '#3a7d86', '#235a66', '#123c4a'], sun: '#fff6d6' },
  { sky: ['#2d5d9f', '#7fb2e5', '#fdf1dc'], hills: ['#8fae8b', '#5f8d6a', '#3c6a52', '#1f463c'], sun: '#fff3bf' },
  { sky: ['#3a1c5c', '#b5456e', '#ffc078'], hills: ['#9c3f67', '#6d2d5c', '#471f4c', '#2a1538'], sun: '#ffe8a3' },
  { sky: ['#10202f', '#245a73', '#8fd0c6'], hills: ['#3f7f84', '#2a5f69', '#1b424e', '#0e2833'], sun: '#eafff5' },
  { sky: ['#5b4b8a', '#c98bb0', '#fbe3d6'], hills: ['#a47fa6', '#7a5f90', '#54477a', '#352f5c'], sun: '#fff0dc' },
]

const PALE = 'fill="#ffffff"'

function ridge(random: Random, width: number, height: number, base: number, swing: number): string {
  const steps = 6
  let y = base + (random.float() - 0.5) * swing
  let path = `M0 ${height}L0 ${y.toFixed(1)}`
  for (let step = 1; step <= steps; step++) {
    const next = base + (random.float() - 0.5) * swing
    const [from, to] = [((step - 1) * width) / steps, (step * width) / steps]
    const middle = ((from + to) / 2).toFixed(1)
    path += `C${middle} ${y.toFixed(1)} ${middle} ${next.toFixed(1)} ${to.toFixed(1)} ${next.toFixed(1)}`
    y = next
  }
  return `${path}L${width} ${height}Z`
}

function stars(random: Random, width: number, height: number): string {
  let marks = ''
  for (let count = 0; count < 46; count++) {
    const [x, y] = [random.float() * width, random.float() * height * 0.45]
    const radius = (0.6 + random.float() * 1.6) * (Math.min(width, height) / 1024)
    marks += `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius.toFixed(2)}" ${PALE} opacity="${(0.25 + random.float() * 0.6).toFixed(2)}"/>`
  }
  return marks
}

function clouds(random: Random, width: number, height: number): string {
  let marks = ''
  for (let count = 0; count < 4; count++) {
    const [x, y] = [random.float() * width, height * (0.12 + random.float() * 0.3)]
    const [rx, ry] = [width * (0.12 + random.float() * 0.16), height * (0.008 + random.float() * 0.014)]
    marks += `<ellipse cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${rx.toFixed(1)}" ry="${ry.toFixed(1)}" ${PALE} opacity="0.16"/>`
  }
  return marks
}

/**
 * A landscape of sky, sun and hills as SVG marks; the same seed always draws
 * the same one. Without a sky only the sun and the hills are drawn.
 */
export function landscape(seed: string, width: number, height: number, sky: boolean): string {
  const random = randomFrom(seed)
  const palette = random.pick(PALETTES)
  const [sunX, sunY] = [width * (0.2 + random.float() * 0.6), height * (0.26 + random.float() * 0.16)]
  const sun = Math.min(width, height) * (0.08 + random.float() * 0.05)
  const stops = palette.sky.map((color, index) => `<stop offset="${index * 0.36}" stop-color="${color}"/>`).join('')
  const air = sky
    ? `<rect width="${width}" height="${height}" fill="url(#sky)"/>${stars(random, width, height)}
<circle cx="${sunX}" cy="${sunY}" r="${sun * 4}" fill="url(#glow)"/>${clouds(random, width, height)}`
    : ''
  const hills = palette.hills
    .map((color, index) => {
      const base = height * (0.46 + index * 0.12)
      return `<path d="${ridge(random, width, height, base, height * (0.16 - index * 0.02))}" fill="${color}"/>`
    })
    .join('')
  return `<defs>
<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient>
<radialGradient id="glow"><stop offset="0" stop-color="${palette.sun}" stop-opacity="0.75"/><stop offset="1" stop-color="${palette.sun}" stop-opacity="0"/></radialGradient>
</defs>${air}<circle cx="${sunX}" cy="${sunY}" r="${sun}" fill="${palette.sun}"/>${hills}`
}
