import { BUILT_IN } from '../../server/src/core/template/builtin/index.ts'
import { renderTemplate } from '../../server/src/core/template/render.ts'
import { composePicture } from '../../server/src/gateway/templates/compose/index.ts'
import { bottle, livingRoom, mountains } from './scenes.ts'

const SAMPLES = {
  billboard: {
    scene: mountains,
    variables: {
      headline: 'Fresh tracks every morning',
      subline: 'Forty kilometres of groomed runs, and the first lift at seven.',
      call_to_action: 'Plan your winter',
    },
  },
  'discount-banner': {
    scene: livingRoom,
    variables: {
      discount: '−40%',
      headline: 'A softer place to land',
      details: 'Armchairs, lamps and cushions for the long evenings.',
      code: 'COSY40',
      ends_on: '2026-11-30',
    },
  },
  'product-shot': {
    scene: bottle,
    variables: {
      product: 'an amber glass bottle of body oil',
      title: 'Cedar & Moss Body Oil',
      tagline: 'Cold-pressed, and scented by nothing but the forest.',
      price: '€ 34.90',
      former_price: '€ 42.00',
      label: 'New',
    },
  },
} as const

/** The preview picture of every built-in template, by id: the template over a drawn scene, as WebP. */
export async function drawPreviews(): Promise<Map<string, Buffer>> {
  const previews = new Map<string, Buffer>()
  for (const [id, { scene, variables }] of Object.entries(SAMPLES)) {
    const { rendered, problems } = renderTemplate(BUILT_IN.get(id)!, variables)
    if (problems.length > 0) throw new Error(`${id}: ${problems.map(({ path, message }) => `${path} ${message}`)}`)
    const composition = { ...rendered.composition!, format: 'webp' as const, quality: 88 }
    const noPictures = () => Promise.reject(new Error('the samples have no pictures'))
    const { bytes, warnings } = await composePicture(
      Buffer.from(scene.svg),
      composition,
      noPictures,
      new AbortController().signal,
    )
    if (warnings.length > 0) throw new Error(`${id}: ${warnings.join('; ')}`)
    previews.set(id, bytes)
  }
  return previews
}
