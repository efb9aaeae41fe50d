/** Draws the previews of the built-in templates anew: `node scripts/template-previews.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drawPreviews } from './template-previews/previews.ts'

const folder = fileURLToPath(new URL('../docs/images/templates/', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [id, bytes] of await drawPreviews()) writeFileSync(`${folder}${id}.webp`, bytes)
