import { randomUUID } from 'node:crypto'
import { huggingface } from 'turnout/src/providers/huggingface.ts'
import { stability } from 'turnout/src/providers/stability.ts'
import { callOf, type Painter, pictureAnswer } from '../pictures.ts'

const call = callOf('core')
const ANSWER = pictureAnswer({ 'x-request-id': 'bench', seed: '42', 'finish-reason': 'SUCCESS' })
const FIELDS = { prompt: call.prompt, aspect_ratio: '16:9' }

/** A provider that answers a form with the picture itself. */
export const stabilityPainter: Painter = {
  name: 'stability: a picture as bytes',
  adapter: stability.image!,
  access: { provider: 'stability', baseUrl: 'https://api.stability.ai', credential: 'sk-bench' },
  call,
  answer: () => ANSWER,
  async byHand(transport, signal) {
    const boundary = randomUUID()
    let body = ''
    for (const [name, value] of Object.entries(FIELDS))
      body += `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
    const response = await transport('https://api.stability.ai/v2beta/stable-image/generate/core', {
      method: 'POST',
      headers: {
        authorization: 'Bearer sk-bench',
        accept: 'image/*',
        'content-type': `multipart/form-data; boundary=${boundary}`,
      },
      body: `${body}--${boundary}--\r\n`,
      signal,
    })
    return { body: response.body, mediaType: response.headers['content-type']! }
  },
}

const fluxCall = { ...callOf('black-forest-labs/FLUX.1-schnell:hf-inference'), aspectRatio: undefined }
const FLUX_REQUEST = { inputs: fluxCall.prompt, parameters: {} }

/** A provider that answers JSON with the picture itself. */
export const huggingfacePainter: Painter = {
  name: 'huggingface: a picture as bytes',
  adapter: huggingface.image!,
  access: { provider: 'huggingface', baseUrl: 'https://router.huggingface.co/v1', credential: 'hf_bench' },
  call: fluxCall,
  answer: () => ANSWER,
  async byHand(transport, signal) {
    const url = 'https://router.huggingface.co/hf-inference/models/black-forest-labs/FLUX.1-schnell'
    const headers = { authorization: 'Bearer hf_bench', 'content-type': 'application/json' }
    const response = await transport(url, { method: 'POST', headers, body: JSON.stringify(FLUX_REQUEST), signal })
    return { body: response.body, mediaType: response.headers['content-type']! }
  },
}
