import { describe, expect, test } from 'vitest'
import type { ImageCall, MediaOutcome, VideoCall } from '../../core/media.ts'
import { dashscope } from '../dashscope.ts'
import { collect, connectTo, type Scripted } from '../testing/connection.ts'
import { readWire, wireFolder } from '../testing/wire.ts'
import { dashscopeError } from './errors.ts'

const image = (fields: Partial<ImageCall> = {}): ImageCall => ({
  model: 'qwen-image-2.0',
  prompt: 'a tram',
  count: 1,
  ...fields,
})
const video = (fields: Partial<VideoCall> = {}): VideoCall => ({ model: 'wan2.6-t2v', prompt: 'a tram', ...fields })

const PICTURE = { base64: 'iVBORw0KGgo=', mediaType: 'image/png' }

const DONE = {
  body: {
    request_id: 'r1',
    output: {
      choices: [{ finish_reason: 'stop', message: { content: [{ image: 'https://oss.example/a.png?sig=1' }] } }],
    },
    usage: { image_count: 1, width: 1024, height: 1024 },
  },
} satisfies Scripted

function operationOf(outcome: MediaOutcome) {
  if (outcome.status !== 'pending') throw new Error('not pending')
  return JSON.parse(JSON.stringify(outcome.operation)) as typeof outcome.operation
}

describe('pictures', () => {
  test('are made at once by the newer models', async () => {
    const connection = connectTo([DONE])
    const outcome = await dashscope.image!.start(
      image({
        size: { width: 1664, height: 928 },
        count: 2,
        seed: 5,
        negativePrompt: 'cars',
        inputs: { watermark: false },
      }),
      connection,
    )
    expect(outcome).toEqual({
      status: 'done',
      media: [{ url: 'https://oss.example/a.png?sig=1', mediaType: 'image/png' }],
      usage: { images: 1 },
      warnings: [],
      upstreamRequestId: 'r1',
    })
    expect(connection.sent[0]).toMatchObject({
      method: 'POST',
      url: 'https://provider.example/api/v1/services/aigc/multimodal-generation/generation',
      headers: { authorization: 'Bearer secret-credential' },
    })
    expect(connection.sent[0]!.headers).not.toHaveProperty('x-dashscope-async')
    expect(connection.lastJson()).toEqual({
      model: 'qwen-image-2.0',
      input: { messages: [{ role: 'user', content: [{ text: 'a tram' }] }] },
      parameters: { size: '1664*928', n: 2, negative_prompt: 'cars', seed: 5, watermark: false },
    })
  })

  test('are edited where pictures are given', async () => {
    const connection = connectTo([DONE])
    await dashscope.image!.start(
      image({ model: 'qwen-image', pictures: [PICTURE, { url: 'https://x.example/b.jpg' }] }),
      connection,
    )
    expect(connection.lastJson()).toMatchObject({
      input: {
        messages: [
          {
            content: [
              { image: 'data:image/png;base64,iVBORw0KGgo=' },
              { image: 'https://x.example/b.jpg' },
              { text: 'a tram' },
            ],
          },
        ],
      },
    })
  })

  test('are tasks of the first models', async () => {
    const connection = connectTo([
      { body: { request_id: 'r1', output: { task_id: 't/1', task_status: 'PENDING' } } },
      { body: { request_id: 'r2', output: { task_status: 'RUNNING' } } },
      {
        body: {
          request_id: 'r3',
          output: {
            task_status: 'SUCCEEDED',
            results: [
              { url: 'https://oss.example/a.png', actual_prompt: 'a red tram' },
              { code: 'DataInspectionFailed', message: 'unsafe' },
            ],
          },
          usage: { image_count: 1 },
        },
      },
    ])
    const started = await dashscope.image!.start(
      image({ model: 'qwen-image-plus', aspectRatio: '16:9', seed: 2 ** 31, steps: 9 }),
      connection,
    )
    expect(connection.sent[0]).toMatchObject({
      url: 'https://provider.example/api/v1/services/aigc/text2image/image-synthesis',
      headers: { 'x-dashscope-async': 'enable' },
    })
    expect(connection.lastJson()).toEqual({
      model: 'qwen-image-plus',
      input: { prompt: 'a tram' },
      parameters: { size: '1360*768', n: 1, seed: 0 },
    })
    const operation = operationOf(started)
    expect(await dashscope.image!.poll!(operation, connection)).toMatchObject({ status: 'pending', operation })
    expect(connection.sent[1]!.url).toBe('https://provider.example/api/v1/tasks/t%2F1')
    const done = await dashscope.image!.poll!(operation, connection)
    expect(done).toMatchObject({
      status: 'done',
      media: [{ url: 'https://oss.example/a.png', revisedPrompt: 'a red tram' }],
      usage: { images: 1 },
      upstreamRequestId: 'r3',
    })
    expect(done.status === 'done' && done.warnings).toEqual([
      expect.stringContaining('number of steps'),
      expect.stringContaining('16:9 became 1360x768'),
      expect.stringContaining('Seeds go from 0 to 2147483647'),
      'One output was not made: unsafe.',
    ])
  })
})

describe('a task that does not succeed', () => {
  const operation = { taskId: 't', kind: 'image', warnings: [] }
  const poll = (output: object) => dashscope.image!.poll!(operation, connectTo([{ body: { request_id: 'r', output } }]))

  test.each<[string, object, object]>([
    [
      'moderated',
      { task_status: 'FAILED', code: 'DataInspectionFailed', message: 'unsafe' },
      { code: 'content_policy' },
    ],
    ['failed', { task_status: 'FAILED', code: 'InternalError.Algo', message: 'x' }, { code: 'upstream_error' }],
    ['failed for a reason nobody knows', { task_status: 'FAILED' }, { code: 'upstream_error' }],
    ['canceled', { task_status: 'CANCELED' }, { code: 'canceled' }],
    ['forgotten', { task_status: 'UNKNOWN' }, { code: 'unknown_outcome' }],
    ['done without an output', { task_status: 'SUCCEEDED', results: [] }, { code: 'invalid_output' }],
    [
      'moderated in all its pictures',
      { task_status: 'SUCCEEDED', results: [{ code: 'DataInspectionFailed', message: 'unsafe' }] },
      { code: 'content_policy' },
    ],
  ])('is %s', async (_, output, error) => {
    await expect(poll(output)).rejects.toMatchObject({ name: 'TurnoutError', retryable: false, ...error })
  })

  test('waits in any state that is not known', async () => {
    expect(await poll({ task_status: 'SUSPENDED' })).toMatchObject({ status: 'pending' })
  })
})

describe('videos', () => {
  test('are tasks, of a size from text', async () => {
    const connection = connectTo([
      { body: { output: { task_id: 't', task_status: 'PENDING' } } },
      {
        body: { output: { task_status: 'SUCCEEDED', video_url: 'https://oss.example/v.mp4' }, usage: { duration: 5 } },
      },
    ])
    const call = video({
      aspectRatio: '9:16',
      resolution: '1080p',
      seconds: 5,
      audio: true,
      inputs: { prompt_extend: true },
    })
    const started = await dashscope.video!.start(call, connection)
    expect(connection.lastJson()).toEqual({
      model: 'wan2.6-t2v',
      input: { prompt: 'a tram' },
      parameters: { size: '1080*1920', duration: 5, audio: true, prompt_extend: true },
    })
    expect(await dashscope.video!.poll!(operationOf(started), connection)).toMatchObject({
      status: 'done',
      media: [{ url: 'https://oss.example/v.mp4', mediaType: 'video/mp4' }],
      usage: { seconds: 5 },
    })
  })

  test('start from a picture, or go from one to another', async () => {
    const accepted = { body: { output: { task_id: 't' } } }
    const connection = connectTo([accepted, accepted])
    const from = video({ model: 'wan2.6-i2v', pictures: [PICTURE], resolution: '720', aspectRatio: '1:1' })
    const started = await dashscope.video!.start(from, connection)
    expect(connection.lastJson()).toMatchObject({
      input: { img_url: 'data:image/png;base64,iVBORw0KGgo=' },
      parameters: { resolution: '720P' },
    })
    expect(operationOf(started)).toMatchObject({ warnings: [expect.stringContaining('aspect ratio')] })
    await dashscope.video!.start({ ...from, lastFrame: { url: 'https://x.example/end.png' } }, connection)
    expect(connection.sent[1]!.url).toMatch(/image2video\/video-synthesis$/)
    expect(connection.lastJson()).toMatchObject({ input: { last_frame_url: 'https://x.example/end.png' } })
  })
})

describe('videos since Wan 2.7', () => {
  const accepted = { body: { output: { task_id: 't' } } }

  test('have a ratio beside the resolution', async () => {
    const connection = connectTo([accepted])
    const call = video({ model: 'wan2.7-t2v', size: { width: 1024, height: 576 }, resolution: '1080p', seconds: 5 })
    expect(await dashscope.video!.start(call, connection)).toMatchObject({
      warnings: [expect.stringContaining('16:9')],
    })
    expect(connection.lastJson()).toEqual({
      model: 'wan2.7-t2v',
      input: { prompt: 'a tram' },
      parameters: { resolution: '1080P', ratio: '16:9', duration: 5 },
    })
  })

  test('take their pictures as a list, at the same address', async () => {
    const connection = connectTo([accepted])
    const lastFrame = { url: 'https://x.example/end.png' }
    await dashscope.video!.start(video({ model: 'wan2.7-i2v', pictures: [PICTURE], lastFrame }), connection)
    expect(connection.sent[0]!.url).toMatch(/video-generation\/video-synthesis$/)
    expect(connection.lastJson()).toEqual({
      model: 'wan2.7-i2v',
      input: {
        prompt: 'a tram',
        media: [
          { type: 'first_frame', url: 'data:image/png;base64,iVBORw0KGgo=' },
          { type: 'last_frame', url: lastFrame.url },
        ],
      },
      parameters: {},
    })
  })
})

test('chat goes to the compatible endpoint, and errors have their own words', async () => {
  const body = { error: { message: 'Arrearage', code: 'Arrearage' }, request_id: 'r7' }
  const connection = connectTo([{ status: 400, body }])
  const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'x' }] }]
  await expect(dashscope.text!.generate({ model: 'qwen-plus', messages }, connection)).rejects.toMatchObject({
    code: 'billing',
    upstreamRequestId: 'r7',
  })
  expect(connection.sent[0]!.url).toBe('https://provider.example/compatible-mode/v1/chat/completions')
  expect(dashscope.openai!.request('chat', connection).url).toBe(connection.sent[0]!.url)
})

test.each([
  [400, 'InvalidParameter', 'invalid_input'],
  [400, 'InvalidParameter.DataInspection', 'invalid_input'],
  [400, 'DataInspectionFailed', 'content_policy'],
  [400, 'data_inspection_failed', 'content_policy'],
  [400, 'Arrearage', 'billing'],
  [401, 'InvalidApiKey', 'authentication'],
  [401, 'invalid_api_key', 'authentication'],
  [403, 'AccessDenied', 'permission'],
  [403, 'Model.AccessDenied', 'model_not_enabled'],
  [403, 'AllocationQuota.FreeTierOnly', 'billing'],
  [404, 'ModelNotFound', 'model_not_found'],
  [404, 'model_not_found', 'model_not_found'],
  [429, 'Throttling', 'rate_limit'],
  [429, 'Throttling.RateQuota', 'rate_limit'],
  [429, 'Throttling.BurstRate', 'rate_limit'],
  [429, 'Throttling.AllocationQuota', 'rate_limit'],
  [429, 'insufficient_quota', 'rate_limit'],
  [500, 'InternalError', 'upstream_error'],
  [500, 'InternalError.Timeout', 'upstream_error'],
  [503, 'ModelServingError', 'overloaded'],
])('%i %s is %s, in both shapes', (status, word, code) => {
  const own = { code: word, message: 'said so', request_id: 'r' }
  const compatible = { error: { message: 'said so', code: word, type: 'x' }, request_id: 'r' }
  for (const body of [own, compatible]) {
    expect(dashscopeError(status, {}, JSON.stringify(body), 'dashscope')).toMatchObject({
      code,
      upstreamCode: word,
      upstreamRequestId: 'r',
      message: expect.stringContaining('said so'),
    })
  }
})

test('a model that answers otherwise than it was asked to is no lack of a right', () => {
  const body = { code: 'AccessDenied', message: 'current user api does not support synchronous calls.' }
  expect(dashscopeError(403, {}, JSON.stringify(body), 'dashscope').code).toBe('invalid_input')
})

test('a quota that has to be paid for is billing', () => {
  const body = { code: 'Throttling.AllocationQuota', message: 'Your free quota is used up, please recharge.' }
  expect(dashscopeError(429, {}, JSON.stringify(body), 'dashscope').code).toBe('billing')
})

interface Recorded {
  choices: { message: { content: string; reasoning_content?: string }; finish_reason: string }[]
  usage: { prompt_tokens: number; completion_tokens: number }
}

describe.skipIf(wireFolder() === undefined)('recorded answers', () => {
  const folder = 'vercel-ai-fixtures/packages/alibaba/src/__fixtures__'
  const call = { model: 'qwen', messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'x' }] }] }

  test.each(['alibaba-text', 'alibaba-reasoning', 'alibaba-tool-call'])(
    '%s is read as it was recorded',
    async (name) => {
      const text = readWire(`${folder}/${name}.json`)
      const { choices, usage } = JSON.parse(text) as Recorded
      const { message, finish_reason } = choices[0]!
      const result = await dashscope.text!.generate(call, connectTo([{ body: text }]))
      expect(result).toMatchObject({
        text: message.content,
        raw: finish_reason,
        usage: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens },
      })
      expect(result.reasoning).toBe(message.reasoning_content || undefined)
    },
  )

  test.each(['alibaba-text', 'alibaba-reasoning', 'alibaba-tool-call'])(
    'the stream of %s too, byte by byte',
    async (name) => {
      const lines = readWire(`${folder}/${name}.chunks.txt`).split('\n').filter(Boolean)
      const bytes = Buffer.from(`${lines.map((line) => `data: ${line}\n\n`).join('')}data: [DONE]\n\n`)
      const chunks = lines.map((line) => JSON.parse(line) as { choices: { delta?: { content?: string } }[] })
      const expected = chunks.map(({ choices }) => choices[0]?.delta?.content ?? '').join('')
      for (const length of [1, 7, bytes.length]) {
        const pieces = Array.from({ length: Math.ceil(bytes.length / length) }, (_, i) =>
          bytes.subarray(i * length, (i + 1) * length),
        )
        const connection = connectTo([{ headers: { 'content-type': 'text/event-stream' }, body: pieces }])
        const parts = await collect(dashscope.text!.stream(call, connection))
        expect(parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')).toBe(expected)
        expect(parts.at(-1)).toMatchObject({ type: 'finish', usage: { inputTokens: expect.any(Number) } })
      }
    },
  )
})
