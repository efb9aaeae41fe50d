import { randomUUID } from 'node:crypto'
import type { Fate } from '../faults.ts'
import { AT_ONCE, forResults, LINKED } from '../media/answers.ts'
import { picture } from '../picture/plain.ts'
import type { Answer, Call, Handler, JsonObject, RawBody, World } from '../types.ts'
import { moderated } from './errors.ts'
import type { Operation } from './fields.ts'
import { creditsOf } from './models.ts'
import { readRequest, type Wanted } from './request.ts'

const now = (): number => Math.floor(Date.now() / 1000)

/** `POST /v1/images/…` */
export function makePictures(operation: Operation): Handler {
  return (call: Call, world: World): Answer => {
    const wanted = readRequest(call, operation, world.moreModels)
    const { model, count } = wanted
    const { single } = operation
    const credits = single?.credits ?? creditsOf(model, wanted.format === 'svg') * count
    const make = async (number: number, fate: Fate | undefined): Promise<JsonObject> => {
      const draw = (): Promise<RawBody> => drawn(wanted, number)
      const image_id = randomUUID()
      if (wanted.base64) return { image_id, b64_json: (await draw()).data.toString('base64') }
      return { image_id, url: world.files.publish(call.origin, wanted.format, draw, fate) }
    }
    return {
      ...AT_ONCE,
      model,
      charge: { model, images: count },
      chargeAfter: forResults({ model, images: count }),
      fates: LINKED,
      firstDelayMs: world.delays.imageDelayMs,
      body: async (fate) => {
        if (fate?.kind === 'moderated') throw moderated()
        if (single) return { created: now(), credits, image: await make(0, fate) }
        const data = await Promise.all(Array.from({ length: count }, (_, number) => make(number, fate)))
        return { created: now(), credits, data }
      },
    }
  }
}

function drawn({ prompt, model, width, height, format, source }: Wanted, number: number): Promise<RawBody> {
  return picture({ prompt, model, width, height, format, number, backdrop: source?.data })
}
