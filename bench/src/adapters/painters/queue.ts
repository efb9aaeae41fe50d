import type { Transport } from 'turnout/src/core/adapter.ts'
import { fal } from 'turnout/src/providers/fal.ts'
import { callOf, jsonAnswer, type Painter } from '../pictures.ts'

const call = { ...callOf('fal-ai/flux/dev'), aspectRatio: undefined, size: { width: 1024, height: 768 } }
const HOST = 'https://queue.fal.run'
const ROOT = `${HOST}/fal-ai/flux/requests/bench`
const REQUEST = { prompt: call.prompt, image_size: call.size, num_images: 1 }

const QUEUED = {
  request_id: 'bench',
  status: 'IN_QUEUE',
  queue_position: 0,
  status_url: `${ROOT}/status`,
  response_url: ROOT,
  cancel_url: `${ROOT}/cancel`,
}
const STATUS = { status: 'COMPLETED', logs: [], metrics: { inference_time: 1.2 } }
const OUTPUT = {
  images: [{ url: 'https://v3.fal.media/files/bench.png', width: 1024, height: 768, content_type: 'image/png' }],
  seed: 42,
  has_nsfw_concepts: [false],
  prompt: call.prompt,
}

const [QUEUED_TOLD, STATUS_TOLD, OUTPUT_TOLD] = [QUEUED, STATUS, OUTPUT].map((value) => jsonAnswer(value))

const headers = { authorization: 'Key bench' }

const ask = async (url: string, transport: Transport, signal: AbortSignal): Promise<unknown> =>
  JSON.parse(await (await transport(url, { headers, signal })).text())

/** A provider with a queue, which names the picture's URL: three exchanges. */
export const falPainter: Painter = {
  name: 'fal: a picture by URL, from submit to result',
  adapter: fal.image!,
  access: { provider: 'fal', baseUrl: HOST, credential: 'bench' },
  call,
  answer: (url) => (url.includes('/status') ? STATUS_TOLD! : url === ROOT ? OUTPUT_TOLD! : QUEUED_TOLD!),
  async byHand(transport, signal) {
    const response = await transport(`${HOST}/${call.model}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(REQUEST),
      signal,
    })
    const { status_url, response_url } = JSON.parse(await response.text()) as typeof QUEUED
    const { status } = (await ask(`${status_url}?logs=1`, transport, signal)) as typeof STATUS
    if (status !== 'COMPLETED') throw new Error(status)
    const { images } = (await ask(response_url, transport, signal)) as typeof OUTPUT
    return { url: images[0]!.url, mediaType: images[0]!.content_type }
  },
}
