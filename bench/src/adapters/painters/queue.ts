import type { Connection } from 'turnout/src/core/adapter.ts'
import { fal } from 'turnout/src/providers/fal.ts'
import { callOf, jsonAnswer, type Painter } from '../pictures.ts'
import { postJson, readJson } from '../requests.ts'

const call = { ...callOf('fal-ai/flux/dev'), aspectRatio: undefined, size: { width: 1024, height: 768 } }
const HOST = 'https://queue.fal.run'
const ROOT = `${HOST}/fal-ai/flux/requests/bench`

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

const headersOf = ({ credential }: Connection) => ({ authorization: `Key ${credential}` })

/** Asks the queue at an address that it has named, where the credential may go. */
async function ask<Value>(url: string, connection: Connection): Promise<Value> {
  if (!url.startsWith(`${connection.baseUrl}/`)) throw new Error(url)
  const response = await connection.transport(url, { headers: headersOf(connection), signal: connection.signal })
  if (response.status >= 300) throw new Error(`${response.status}: ${await response.text()}`)
  return readJson(response)
}

/** A provider with a queue, which names the picture's URL: three exchanges. */
export const falPainter: Painter = {
  name: 'fal: a picture by URL, from submit to result',
  adapter: fal.image!,
  access: { provider: 'fal', baseUrl: HOST, credential: 'bench' },
  call,
  answer: (url) => (url.includes('/status') ? STATUS_TOLD! : url === ROOT ? OUTPUT_TOLD! : QUEUED_TOLD!),
  async byHand({ model, prompt, size: image_size }, connection) {
    const request = { prompt, image_size }
    const accepted = await postJson(`${connection.baseUrl}/${model}`, headersOf(connection), request, connection)
    const { status_url, response_url } = await readJson<typeof QUEUED>(accepted)
    const { status } = await ask<typeof STATUS>(`${status_url}?logs=1`, connection)
    if (status !== 'COMPLETED') throw new Error(status)
    const { images, seed, has_nsfw_concepts: flags } = await ask<typeof OUTPUT>(response_url, connection)
    // A picture that was withheld is a black one.
    if (flags[0]) throw new Error('withheld')
    const { url, content_type: mediaType } = images[0]!
    return { url, mediaType, seed }
  },
}
