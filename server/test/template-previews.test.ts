import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, expect, it } from 'vitest'
import { drawPreviews } from '../../scripts/template-previews/previews.ts'
import { ROOT } from '../../test/support/run.ts'
import { BUILT_IN } from '../src/core/template/builtin/index.ts'

const FOLDER = join(ROOT, 'docs/images/templates')
const MOST_BYTES = 300_000
/** Encoders of other processors may round otherwise; a letter that has moved differs by far more. */
const MOST_DIFFERENCE = 0.6

let previews: Map<string, Buffer>
beforeAll(async () => {
  previews = await drawPreviews()
})

const pixelsOf = (bytes: Buffer) => sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })

it('there is a preview of every built-in template, and of no other', () => {
  expect(readdirSync(FOLDER).sort()).toEqual([...BUILT_IN.keys()].map((id) => `${id}.webp`).sort())
})

it.each([...BUILT_IN.keys()])('the preview of %s is what the template draws now', async (id) => {
  const file = join(FOLDER, `${id}.webp`)
  expect(statSync(file).size).toBeLessThan(MOST_BYTES)
  const [committed, drawn] = await Promise.all([pixelsOf(readFileSync(file)), pixelsOf(previews.get(id)!)])
  expect(committed.info).toMatchObject({ width: drawn.info.width, height: drawn.info.height })
  let sum = 0
  for (let i = 0; i < drawn.data.length; i += 1) sum += Math.abs(drawn.data[i]! - committed.data[i]!)
  expect(sum / drawn.data.length, 'run npm run template-previews').toBeLessThan(MOST_DIFFERENCE)
})

it('drawn again, every preview has the same bytes', async () => {
  const again = await drawPreviews()
  for (const [id, bytes] of previews) expect([id, again.get(id)!.equals(bytes)]).toEqual([id, true])
})
