import { describe, expect, test } from 'vitest'
import type { ImageCall } from '../../../core/media.ts'
import { connectTo, type Scripted } from '../../testing/connection.ts'
import { createOpenAIImage } from '../openai-image.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const PNG = latin1('\x89PNG\r\n\x1a\n0000')
const WEBP = latin1('RIFF\0\0\0\0WEBPVP8 ')
const UNKNOWN = latin1('????')

const call: ImageCall = { model: 'gpt-image-2', prompt: 'a tram', count: 1, outputFormat: 'jpeg' }
const draw = (answer: Scripted) => createOpenAIImage('openai').start(call, connectTo([answer]))

const data = (one: object, more: object = {}) => ({ body: { created: 1, ...more, data: [one] } })
const b64 = (bytes: Buffer) => ({ b64_json: bytes.toString('base64') })

describe('a picture', () => {
  test.each<[string, Scripted, object]>([
    ['as base64 is what its bytes are', data(b64(WEBP), { output_format: 'png' }), { mediaType: 'image/webp' }],
    [
      'of unknown bytes is what the answer says',
      data(b64(UNKNOWN), { output_format: 'svg' }),
      { mediaType: 'image/svg+xml' },
    ],
    ['of unknown bytes is else what was asked for', data(b64(UNKNOWN)), { bytes: UNKNOWN, mediaType: 'image/jpeg' }],
    [
      'may be a link',
      data({ url: 'https://host/a.webp?x' }),
      { url: 'https://host/a.webp?x', mediaType: 'image/webp' },
    ],
    [
      'may be a data URL',
      data({ url: `data:image/jpeg;base64,${PNG.toString('base64')}` }),
      { bytes: PNG, mediaType: 'image/png' },
    ],
    [
      'comes with its prompt and seed',
      data({ ...b64(PNG), revised_prompt: 'a red tram', seed: 7 }),
      { bytes: PNG, mediaType: 'image/png', revisedPrompt: 'a red tram', seed: 7 },
    ],
  ])('%s', async (_, answer, expected) => {
    expect(await draw(answer)).toMatchObject({ status: 'done', media: [expected] })
  })
})

test('how they were made is told, where the answer says so', async () => {
  const drawn = { size: '1024x1024', quality: 'low', background: 'opaque', output_format: 'webp' }
  expect(await draw(data(b64(WEBP), drawn))).toMatchObject({ media: [{ drawn }] })
  expect(await draw(data(b64(WEBP)))).not.toHaveProperty('media.0.drawn')
})

test('usage is told, and all output is pictures', async () => {
  const usage = { input_tokens: 9, output_tokens: 272, input_tokens_details: { text_tokens: 7, image_tokens: 2 } }
  const headers = { 'x-request-id': 'req_1' }
  expect(await draw({ ...data(b64(PNG), { usage }), headers })).toMatchObject({
    usage: { images: 1, inputTokens: 9, imageInputTokens: 2, outputTokens: 272, imageOutputTokens: 272 },
    upstreamRequestId: 'req_1',
  })
})

test.each<[string, Scripted, object]>([
  ['no JSON', { body: '<html>' }, { code: 'invalid_output', retryable: false }],
  ['no list', { body: { data: {} } }, { code: 'invalid_output', retryable: false }],
  ['nothing in it', { body: { data: [null, {}, { url: '' }] } }, { code: 'invalid_output', retryable: false }],
  [
    'an error with a good status',
    { body: { error: { message: 'out of memory', code: 500 } } },
    { code: 'upstream_error' },
  ],
  [
    'a refusal',
    { status: 400, body: { error: { message: 'no', code: 'moderation_blocked' } } },
    { code: 'content_policy', upstreamStatus: 400 },
  ],
])('an answer with %s is an error', async (_, answer, expected) => {
  await expect(draw(answer)).rejects.toMatchObject({ name: 'TurnoutError', provider: 'provider', ...expected })
})
