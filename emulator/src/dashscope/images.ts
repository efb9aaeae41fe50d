import { randomUUID } from 'node:crypto'
import type { Fate } from '../faults.ts'
import { AT_ONCE, forResults, LINKED } from '../media/answers.ts'
import { picture } from '../picture/plain.ts'
import type { Answer, Call, World } from '../types.ts'
import { INSPECTION, nativeError } from './errors.ts'
import { isAsync, readImage, type Wanted, wrongCall } from './image-request.ts'

/** The URLs of all pictures of a request. */
export function publish(wanted: Wanted, origin: string, world: World, fate: Fate | undefined): string[] {
  const { prompt, model, width, height, source, count } = wanted
  return Array.from({ length: count }, (_, number) =>
    world.files.publish(
      origin,
      'png',
      () => picture({ prompt, model, width, height, number, backdrop: source?.data }),
      fate,
    ),
  )
}

/** `POST /api/v1/services/aigc/multimodal-generation/generation` */
export function generate(call: Call, world: World): Answer {
  if (isAsync(call)) throw wrongCall('asynchronous')
  const wanted = readImage(call, world, 'sync')
  const { model, count, width, height } = wanted
  return {
    ...AT_ONCE,
    model,
    charge: { model, images: count },
    chargeAfter: forResults({ model, images: count }),
    fates: LINKED,
    firstDelayMs: world.delays.imageDelayMs,
    body: (fate) => {
      if (fate?.kind === 'moderated') throw nativeError(400, INSPECTION.code, INSPECTION.message)
      const content = publish(wanted, call.origin, world, fate).map((image) => ({ image }))
      return {
        output: { choices: [{ finish_reason: 'stop', message: { role: 'assistant', content } }] },
        usage: { width, height, image_count: count },
        request_id: randomUUID(),
      }
    },
  }
}
