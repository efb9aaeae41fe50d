import { AT_ONCE } from '../media/answers.ts'
import { picture } from '../picture/plain.ts'
import type { Answer, Call, Handler, RawBody, World } from '../types.ts'
import { moderated } from './errors.ts'
import type { Operation } from './fields.ts'
import { readRequest, type Wanted } from './request.ts'

function draw({ model, prompt, format, width, height, source, seed }: Wanted, finished: number): Promise<RawBody> {
  return picture({ prompt, model, width, height, format, finished, backdrop: source?.data, quality: `seed ${seed}` })
}

/** `POST /v2beta/stable-image/{generate,edit}/…`: one picture as bytes, or in base64 where JSON is asked for. */
export function makePicture(operation: Operation): Handler {
  return async (call: Call, world: World): Promise<Answer> => {
    const wanted = await readRequest(call, operation)
    const { model, seed, format, json } = wanted
    const common = {
      ...AT_ONCE,
      model,
      charge: { model, images: 1 },
      // Source: the API reference of Stable Image: failed generations are not charged.
      chargeAfter: () => undefined,
      fates: ['moderated'] as const,
      firstDelayMs: world.delays.imageDelayMs,
    }
    if (!json) {
      return {
        ...common,
        headers: { 'finish-reason': 'SUCCESS', seed: String(seed) },
        body: (fate) => {
          if (fate) throw moderated()
          return draw(wanted, 1)
        },
      }
    }
    return {
      ...common,
      headers: { 'content-type': `application/json; type=image/${format}` },
      // The moderation of results answers with a blurred picture.
      body: async (fate) => ({
        image: (await draw(wanted, fate ? 0.1 : 1)).data.toString('base64'),
        finish_reason: fate ? 'CONTENT_FILTERED' : 'SUCCESS',
        seed,
      }),
    }
  }
}
