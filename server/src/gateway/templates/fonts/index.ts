import { readFile } from 'node:fs/promises'
import type { Typeface, TypefaceStyle, Typefaces } from '../../../core/template/layout/typeface.ts'
import { OutlineFace, type Subset } from './face.ts'
import { kerningOf } from './kerning.ts'
import { tableOf } from './woff.ts'

interface Family {
  /** Any file of the package tells where the others are. */
  place: string
  /** In the order in which a character is looked for. */
  subsets: readonly string[]
  file(subset: string, style: TypefaceStyle): string
}

/** The families that come with Turnout. All are under the SIL Open Font License; NOTICE names them. */
const FAMILIES: Readonly<Record<TypefaceStyle['font'], Family>> = {
  inter: {
    place: import.meta.resolve('@fontsource/inter/package.json'),
    subsets: ['latin', 'latin-ext', 'cyrillic', 'cyrillic-ext', 'greek', 'greek-ext', 'vietnamese'],
    file: (subset, { weight, italic }) => `files/inter-${subset}-${weight}-${italic ? 'italic' : 'normal'}.woff`,
  },
}

const nameOf = ({ font, weight, italic }: TypefaceStyle): string => `${font} ${weight}${italic ? ' italic' : ''}`

const loaded = new Map<string, Promise<Typeface>>()

async function load(style: TypefaceStyle): Promise<Typeface> {
  const { default: opentype } = await import('opentype.js')
  const family = FAMILIES[style.font]
  const subsets = family.subsets.map(async (subset): Promise<Subset> => {
    const woff = await readFile(new URL(family.file(subset, style), family.place))
    // A copy of its own: small files share one buffer.
    const font = opentype.parse(new Uint8Array(woff).buffer)
    return { font, kerning: kerningOf(tableOf(woff, 'GPOS')) }
  })
  return new OutlineFace(await Promise.all(subsets))
}

/** The typefaces of some styles, each read from its files once. */
export async function loadTypefaces(styles: readonly TypefaceStyle[]): Promise<Typefaces> {
  const faces = new Map<string, Typeface>()
  await Promise.all(
    styles.map(async (style) => {
      const name = nameOf(style)
      let face = loaded.get(name)
      if (face === undefined) {
        face = load(style)
        loaded.set(name, face)
        face.catch(() => loaded.delete(name))
      }
      faces.set(name, await face)
    }),
  )
  return (style) => faces.get(nameOf(style))!
}
