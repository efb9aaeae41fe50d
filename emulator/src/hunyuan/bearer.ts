import { randomUUID } from 'node:crypto'
import { AT_ONCE, LINKED, SUBMITTED } from '../media/answers.ts'
import { readSource, type Source } from '../media/inputs.ts'
import { checkShape } from '../shape.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'
import { bearerError } from './errors.ts'
import { AIART_QUERY, AIART_SUBMIT, TOKENHUB_LITE } from './fields.ts'
import { draw, findJob, freeSize, pollJob, submitJob, type Wanted } from './jobs.ts'

const invalid = (message: string): Error => bearerError(400, message, 'invalid_parameter_error')

/** `POST /v1/api/image/lite` of TokenHub. */
export function drawLite({ json = {}, origin }: Call, world: World): Answer {
  checkShape(TOKENHUB_LITE, json)
  const { model, prompt, resolution = '1024:1024' } = json as { model: string; prompt: string; resolution?: string }
  const [width = 1024, height = 1024] = resolution.split(':').map(Number)
  const wanted: Wanted = { model, prompt, width, height, count: 1, source: undefined }
  return {
    ...AT_ONCE,
    model,
    charge: { model, images: 1 },
    fates: LINKED,
    firstDelayMs: world.delays.imageDelayMs,
    body: async (fate) => {
      if (fate?.kind === 'moderated') {
        throw bearerError(400, 'The text did not pass the content check.', 'OperationDenied.TextIllegalDetected')
      }
      const image: JsonObject =
        json.rsp_img_type === 'url'
          ? { url: world.files.publish(origin, 'png', () => draw(wanted, 0), fate) }
          : { b64_json: (await draw(wanted, 0)).data.toString('base64') }
      return { created: Math.floor(Date.now() / 1000), request_id: randomUUID(), data: [image] }
    },
  }
}

function readPictures(images: readonly string[]): Source | undefined {
  const sources = images.map((image) => readSource(image, ['url', 'base64', 'data-url']))
  if (sources.includes(undefined)) throw invalid('images: an image could not be decoded.')
  return sources[0]
}

/** `POST /v1/aiart/submit` */
export function submitDrawing({ json = {} }: Call, world: World): Answer {
  checkShape(AIART_SUBMIT, json)
  const {
    model,
    prompt,
    size,
    images = [],
  } = json as { model: string; prompt: string; size?: string; images?: string[] }
  const sides = freeSize(size)
  if (!sides) throw invalid('size: sides must be between 512 and 2048 with at most 1024 x 1024 pixels in total.')
  const wanted: Wanted = { model, prompt, ...sides, count: 1, source: readPictures(images) }
  return {
    ...AT_ONCE,
    model,
    charge: { model, images: 1 },
    fates: SUBMITTED,
    body: (fate) => ({ request_id: randomUUID(), job_id: submitJob(wanted, fate, world) }),
  }
}

/** `POST /v1/aiart/query`: the codes of the signed API under another name. */
export function queryDrawing(call: Call, world: World): Answer {
  checkShape(AIART_QUERY, call.json ?? {})
  const task = findJob(call.json?.job_id, world)
  if (!task) throw bearerError(404, 'The job does not exist.', 'FailedOperation.JobNotExist')
  return {
    ...AT_ONCE,
    model: task.work.wanted.model,
    body: () => {
      const { code, urls, error } = pollJob(task, call, world)
      return {
        request_id: randomUUID(),
        status: code,
        data: urls.map((url) => ({ url })),
        ...(error ? { error } : {}),
      }
    },
  }
}
