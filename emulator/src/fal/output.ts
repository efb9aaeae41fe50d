import type { Fate } from '../faults.ts'
import { picture } from '../picture/plain.ts'
import { type Charge, type JsonObject, RawBody, type World } from '../types.ts'
import { clip } from '../video/clip.ts'
import { moderated, platformError } from './errors.ts'
import type { Wanted } from './request.ts'

export const chargeOf = ({ endpoint, kind, seconds, count }: Wanted): Charge =>
  kind === 'video' ? { model: endpoint, seconds } : { model: endpoint, images: count }

/** fal's own failures are never charged; what a model has drawn is, also where its checker has blackened it. */
export const chargeAfter =
  (wanted: Wanted) =>
  (fate: Fate): Charge | undefined => {
    const isLost = fate.kind === 'failed-task' || (fate.kind === 'moderated' && !isSeen(wanted, fate))
    return isLost ? undefined : chargeOf(wanted)
  }

/** Whether the checker has seen the picture, rather than the prompt. */
const isSeen = ({ checked }: Wanted, fate: Fate): boolean =>
  fate.kind === 'moderated' && fate.billed === true && checked

/** What a checker leaves of a picture that it objects to. */
async function blackened({ width, height, format }: Wanted): Promise<RawBody> {
  const { default: sharp } = await import('sharp')
  const black = sharp({ create: { width, height, channels: 3, background: '#000000' } })
  const data = await black.toFormat(format as 'jpeg' | 'png' | 'webp').toBuffer()
  return new RawBody(data, `image/${format}`)
}

async function image(wanted: Wanted, number: number, fate: Fate | undefined, at: Place): Promise<JsonObject> {
  const { endpoint, prompt, width, height, format, source, inline } = wanted
  const draw = (): Promise<RawBody> =>
    fate?.kind === 'moderated'
      ? blackened(wanted)
      : picture({ prompt, model: endpoint, width, height, format, number, backdrop: source?.data })
  const url = inline ? dataUrl(await draw()) : at.world.files.publish(at.origin, format, draw, fate)
  return { url, width, height, content_type: `image/${format}`, file_name: `${number}.${format}`, file_size: null }
}

const dataUrl = ({ data, contentType }: RawBody): string => `data:${contentType};base64,${data.toString('base64')}`

interface Place {
  world: World
  origin: string
}

/**
 * What the model makes of its input.
 *
 * @throws Refusal where the fate is that it fails, or that its checker refuses
 */
export async function produce(wanted: Wanted, fate: Fate | undefined, at: Place): Promise<JsonObject> {
  const { kind, prompt, seed, seconds, checked, count } = wanted
  const seen = fate !== undefined && isSeen(wanted, fate)
  if (fate?.kind === 'failed-task')
    throw platformError(500, 'The runner failed to process the request', 'runner_server_error')
  if (fate?.kind === 'moderated' && !seen) throw moderated(prompt)
  if (kind === 'video') {
    const url = at.world.files.publish(at.origin, 'mp4', () => clip({ prompt, seconds }), fate)
    return { video: { url, content_type: 'video/mp4', file_name: 'output.mp4', file_size: null }, seed }
  }
  if (kind === 'image') return { image: await image(wanted, 0, fate, at) }
  const images = await Promise.all(Array.from({ length: count }, (_, number) => image(wanted, number, fate, at)))
  if (!checked) return { images, seed }
  return { images, timings: { inference: 0.7 }, seed, has_nsfw_concepts: images.map(() => seen), prompt }
}
