import { randomUUID } from 'node:crypto'
import { huggingface } from 'turnout/src/providers/huggingface.ts'
import { stability } from 'turnout/src/providers/stability.ts'
import { callOf, type Painter, pictureAnswer } from '../pictures.ts'
import { post, postJson } from '../requests.ts'

const ANSWER = pictureAnswer({ 'x-request-id': 'bench', seed: '42', 'finish-reason': 'SUCCESS' })

/** A field of a form, whose header must not be broken out of. */
const field = (boundary: string, name: string, value: string): string =>
  `--${boundary}\r\nContent-Disposition: form-data; name="${encodeURIComponent(name)}"\r\n\r\n${value}\r\n`

/** A provider that answers a form with the picture itself. */
export const stabilityPainter: Painter = {
  name: 'stability: a picture as bytes',
  adapter: stability.image!,
  access: { provider: 'stability', baseUrl: 'https://api.stability.ai', credential: 'sk-bench' },
  call: callOf('core'),
  answer: () => ANSWER,
  async byHand({ model, prompt, aspectRatio }, connection) {
    const boundary = randomUUID()
    let body = field(boundary, 'prompt', prompt)
    if (aspectRatio !== undefined) body += field(boundary, 'aspect_ratio', aspectRatio)
    const headers = {
      authorization: `Bearer ${connection.credential}`,
      accept: 'image/*',
      'content-type': `multipart/form-data; boundary=${boundary}`,
    }
    const url = `${connection.baseUrl}/v2beta/stable-image/generate/${model}`
    const response = await post(url, headers, `${body}--${boundary}--\r\n`, connection)
    const { 'content-type': mediaType, 'finish-reason': end, seed } = response.headers
    // A picture that was withheld comes with a good status, blurred.
    if (end === 'CONTENT_FILTERED' || !mediaType?.startsWith('image/')) throw new Error(end ?? mediaType)
    return { body: response.body, mediaType, seed: Number(seed) }
  },
}

/** A provider that answers JSON with the picture itself. */
export const huggingfacePainter: Painter = {
  name: 'huggingface: a picture as bytes',
  adapter: huggingface.image!,
  access: { provider: 'huggingface', baseUrl: 'https://router.huggingface.co/v1', credential: 'hf_bench' },
  call: { ...callOf('black-forest-labs/FLUX.1-schnell:hf-inference'), aspectRatio: undefined },
  answer: () => ANSWER,
  async byHand({ model, prompt, size, seed }, connection) {
    // As far as this provider is concerned, the version in the address is the chat's.
    const root = connection.baseUrl.replace(/\/v1$/, '')
    const url = `${root}/hf-inference/models/${model.replace(/:.*$/, '')}`
    const headers = { authorization: `Bearer ${connection.credential}` }
    const response = await postJson(url, headers, { inputs: prompt, parameters: { ...size, seed } }, connection)
    const mediaType = response.headers['content-type']
    if (!mediaType?.startsWith('image/')) throw new Error(mediaType)
    return { body: response.body, mediaType }
  },
}
