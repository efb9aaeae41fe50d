import { describe, expect, test } from 'vitest'
import type { ImageCall, MediaDone, MediaPending, VideoCall } from '../../core/media.ts'
import { sagemaker } from '../sagemaker.ts'
import { KEYS } from '../shared/aws/testing.ts'
import { connectTo, type Scripted, type Sent } from '../testing/connection.ts'

const PICTURE = { base64: Buffer.from('picture').toString('base64'), mediaType: 'image/png' }
const ANSWER: Scripted = {
  body: { created: 1, data: [{ b64_json: 'iVBORw0KGgo=' }, { b64_json: '/9j/4AAQ' }] },
  headers: { 'x-amzn-requestid': 'r-1' },
}
const ACCEPTED: Scripted = {
  status: 202,
  body: { InferenceId: 'i-1' },
  headers: {
    'x-amzn-sagemaker-outputlocation': 's3://results.example/out/i 1+(a).out',
    'x-amzn-sagemaker-failurelocation': 's3://results/fail/i-1.out',
  },
}

const connect = (script: Parameters<typeof connectTo>[0], settings: Record<string, unknown> = {}) =>
  connectTo(script, {
    provider: 'sagemaker',
    baseUrl: 'https://runtime.sagemaker.eu-west-1.amazonaws.com',
    credential: `${KEYS}:token`,
    region: 'eu-west-1',
    settings,
  })

async function image(call: Partial<ImageCall>, settings = {}, answer = ANSWER) {
  const connection = connect([answer], settings)
  const outcome = await sagemaker.image!.start({ model: 'qwen-image', prompt: 'a fox', count: 1, ...call }, connection)
  return { ...(outcome as MediaDone), sent: connection.sent[0]!, body: connection.lastJson() }
}

async function video(call: Partial<VideoCall>, settings = {}, script: Scripted[] = [ACCEPTED]) {
  const connection = connect(script, settings)
  const outcome = await sagemaker.video!.start({ model: 'wan', prompt: 'a fox runs', ...call }, connection)
  return { ...(outcome as MediaPending), sent: connection.sent }
}

describe('a picture by vLLM-Omni', () => {
  test('is asked for by its route', async () => {
    const { sent, body, media, usage, upstreamRequestId, warnings } = await image({
      count: 2,
      size: { width: 1328, height: 1328 },
      steps: 30,
      guidanceScale: 4,
      seed: 3,
      negativePrompt: 'blur',
      inputs: { true_cfg_scale: 4 },
      defaults: { seed: 9, num_inference_steps: 50, scheduler: 'euler' },
    })
    expect(sent.url).toBe('https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/qwen-image/invocations')
    expect(sent.headers).toMatchObject({
      'content-type': 'application/json',
      'x-amzn-sagemaker-custom-attributes': 'route=/v1/images/generations',
      'x-amz-security-token': 'token',
      authorization: expect.stringContaining('/eu-west-1/sagemaker/aws4_request') as string,
    })
    expect(body).toEqual({
      prompt: 'a fox',
      negative_prompt: 'blur',
      size: '1328x1328',
      n: 2,
      num_inference_steps: 30,
      guidance_scale: 4,
      seed: 3,
      response_format: 'b64_json',
      true_cfg_scale: 4,
      scheduler: 'euler',
    })
    expect(media.map(({ mediaType }) => mediaType)).toEqual(['image/png', 'image/jpeg'])
    expect({ usage, upstreamRequestId, warnings }).toEqual({
      usage: { images: 2 },
      upstreamRequestId: 'r-1',
      warnings: [],
    })
  })

  test('of an aspect ratio gets a size', async () => {
    const { body, warnings } = await image({ aspectRatio: '16:9' })
    expect(body.size).toBe('1360x768')
    expect(warnings).toEqual(['The model takes a size instead of an aspect ratio: 16:9 became 1360x768.'])
  })

  test('says what it has no place for', async () => {
    const { warnings } = await image({ pictures: [PICTURE], strength: 0.5, style: 'x' })
    expect(warnings).toHaveLength(3)
  })

  test('an answer without pictures is not understood', async () => {
    const answer = { body: { data: [] } }
    await expect(image({}, {}, answer)).rejects.toMatchObject({ code: 'invalid_output', retryable: false })
  })

  test('a request that is too large is not sent', async () => {
    const asked = image({ prompt: 'x'.repeat(6_291_456) })
    await expect(asked).rejects.toMatchObject({ code: 'invalid_input', status: 413, delivered: false })
  })
})

describe('a picture by another container', () => {
  test('that takes inputs and parameters and answers bytes', async () => {
    const answer: Scripted = { body: Buffer.from([1, 2]), headers: { 'content-type': 'image/jpeg' } }
    const settings = {
      preset: 'inputs-parameters',
      targetVariant: 'blue',
      inferenceComponent: 'c1',
      accept: 'image/jpeg',
    }
    const call = { size: { width: 512, height: 640 }, inputs: { eta: 1 } }
    const { sent, body, media } = await image(call, settings, answer)
    expect(body).toEqual({
      inputs: 'a fox',
      parameters: { width: 512, height: 640, num_images_per_prompt: 1, eta: 1 },
    })
    expect(sent.headers).toMatchObject({
      accept: 'image/jpeg',
      'x-amzn-sagemaker-target-variant': 'blue',
      'x-amzn-sagemaker-inference-component': 'c1',
    })
    expect(sent.headers).not.toHaveProperty('x-amzn-sagemaker-custom-attributes')
    expect(media).toEqual([{ body: expect.anything() as unknown, mediaType: 'image/jpeg' }])
  })

  test('of a template of one’s own', async () => {
    const settings = {
      body: { text: 'Draw: {{prompt}}', init: '{{pictureUrl}}', cfg: '{{eta}}' },
      response: { kind: 'json-path', path: 'result.images.*.data', mediaType: 'image/webp' },
    }
    const answer = { body: { result: { images: [{ data: 'AQID' }, { data: 'https://cdn.example/x.webp' }] } } }
    const { body, media } = await image({ pictures: [PICTURE], inputs: { eta: 2, more: 1 } }, settings, answer)
    expect(body).toEqual({
      text: 'Draw: a fox',
      init: `data:image/png;base64,${PICTURE.base64}`,
      cfg: 2,
      more: 1,
    })
    expect(media).toEqual([
      { bytes: Buffer.from([1, 2, 3]), mediaType: 'image/webp' },
      { url: 'https://cdn.example/x.webp', mediaType: 'image/webp' },
    ])
  })

  test('JSON where bytes are awaited is not passed on as a picture', async () => {
    const answer = { body: { error: 'x' } }
    await expect(image({}, { preset: 'inputs-parameters' }, answer)).rejects.toMatchObject({ code: 'invalid_output' })
  })
})

const partsOf = ({ body }: Sent): string => Buffer.from(body as Uint8Array).toString()

describe('a video', () => {
  test('is asked for in a form, to be fetched from S3', async () => {
    const { sent, operation, upstreamRequestId } = await video({
      aspectRatio: '16:9',
      resolution: '480p',
      seconds: 5,
      framesPerSecond: 16,
      pictures: [PICTURE],
      inputs: { flow_shift: 3 },
    })
    const [request] = sent
    expect(request!.url).toBe('https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/wan/async-invocations')
    expect(request!.headers).toMatchObject({
      'x-amzn-sagemaker-content-type': expect.stringMatching(/^multipart\/form-data; boundary=/) as string,
      'x-amzn-sagemaker-custom-attributes': 'route=/v1/videos/sync',
    })
    const form = partsOf(request!)
    for (const [name, value] of Object.entries({
      prompt: 'a fox runs',
      size: '832x480',
      seconds: 5,
      fps: 16,
      flow_shift: 3,
    }))
      expect(form).toContain(`name="${name}"\r\n\r\n${value}\r\n`)
    expect(form).toMatch(
      /name="input_reference"; filename="input_reference\.png"\r\nContent-Type: image\/png\r\n\r\npicture\r\n/i,
    )
    expect(operation).toEqual({
      output: 's3://results.example/out/i 1+(a).out',
      failure: 's3://results/fail/i-1.out',
      inferenceId: 'i-1',
      warnings: ['The model takes a size instead of a resolution: 16:9 at 480p became 832x480.'],
    })
    expect(JSON.parse(JSON.stringify(operation))).toEqual(operation)
    expect(upstreamRequestId).toBe('i-1')
  })

  test('tells its limits to SageMaker', async () => {
    const settings = { requestTtlSeconds: 600, invocationTimeoutSeconds: 3600, outputPathExtension: 'a/b' }
    const { sent } = await video({}, settings)
    expect(sent[0]!.headers).toMatchObject({
      'x-amzn-sagemaker-requestttlseconds': '600',
      'x-amzn-sagemaker-invocationtimeoutseconds': '3600',
      'x-amzn-sagemaker-s3outputpathextension': 'a/b',
    })
  })

  const LARGE = { base64: Buffer.alloc(130_000).toString('base64'), mediaType: 'image/png' }

  test('of a picture that is too large names the setting that helps', async () => {
    await expect(video({ pictures: [LARGE] })).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'settings.inputLocation',
      delivered: false,
    })
  })

  test('with that setting the request goes through S3', async () => {
    const { sent } = await video({ pictures: [LARGE] }, { inputLocation: 's3://inputs/turnout' }, [{}, ACCEPTED])
    const [put, post] = sent
    expect(put!.method).toBe('PUT')
    expect(put!.url).toMatch(/^https:\/\/inputs\.s3\.eu-west-1\.amazonaws\.com\/turnout\/[\w-]{36}$/)
    expect(put!.headers!.authorization).toContain('/eu-west-1/s3/aws4_request')
    expect(post!.body).toBeUndefined()
    const key = new URL(put!.url).pathname
    expect(post!.headers!['x-amzn-sagemaker-inputlocation']).toBe(`s3://inputs${key}`)
    expect(post!.headers!['x-amzn-sagemaker-content-type']).toBe(put!.headers!['content-type'])
  })

  test('a request that could not be put there has not been delivered', async () => {
    const refused = { status: 500, body: '<Error><Code>InternalError</Code><Message>We failed</Message></Error>' }
    const asked = video({ pictures: [LARGE] }, { inputLocation: 's3://inputs/turnout' }, [refused])
    await expect(asked).rejects.toMatchObject({ delivered: false, upstreamStatus: 500, upstreamCode: 'InternalError' })
  })

  test('without a place for its result is not understood', async () => {
    await expect(video({}, {}, [{ status: 202, body: {} }])).rejects.toMatchObject({ code: 'invalid_output' })
  })
})

describe('a result in S3', () => {
  const OPERATION = {
    output: 's3://results/out/i 1+(a).out',
    failure: 's3://results/fail/i-1.out',
    inferenceId: 'i-1',
    warnings: ['told'],
  }
  const ABSENT: Scripted = { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' }
  const HIDDEN: Scripted = { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }
  const OUTPUT = 'https://results.s3.eu-west-1.amazonaws.com/out/i%201%2B%28a%29.out'

  test.each([
    ['not there', ABSENT],
    ['hidden from who may not list', HIDDEN],
  ])('that is %s is pending', async (_, answer) => {
    const connection = connect([answer, answer])
    const outcome = await sagemaker.video!.poll!(OPERATION, connection)
    expect(outcome).toMatchObject({ status: 'pending', operation: OPERATION, pollAfterMs: 5_000 })
    expect(connection.sent.map(({ url }) => url)).toEqual([
      OUTPUT,
      'https://results.s3.eu-west-1.amazonaws.com/fail/i-1.out',
    ])
  })

  test('that is bytes is looked at and sealed, and opened with the credential', async () => {
    const found: Scripted = { status: 206, body: 'x', headers: { 'content-type': 'video/mp4' } }
    const connection = connect([found, { body: 'the video' }])
    const outcome = (await sagemaker.video!.poll!(OPERATION, connection)) as MediaDone
    expect(outcome).toEqual({
      status: 'done',
      media: [{ url: OUTPUT, sealed: true, mediaType: 'video/mp4' }],
      usage: {},
      warnings: ['told'],
      upstreamRequestId: 'i-1',
    })
    const opened = await sagemaker.video!.open!(outcome.media[0]!, connection)
    expect(await opened.text()).toBe('the video')
    expect(connection.sent.map(({ headers }) => headers!.range)).toEqual(['bytes=0-0', undefined])
    for (const { headers } of connection.sent) {
      expect(headers!.authorization).toContain('/eu-west-1/s3/aws4_request')
      expect(headers!['x-amz-content-sha256']).toMatch(/^e3b0c44298fc/)
    }
  })

  test('that is words where bytes are awaited is no video', async () => {
    const connection = connect([{ status: 206, body: '{', headers: { 'content-type': 'application/json' } }])
    await expect(sagemaker.video!.poll!(OPERATION, connection)).rejects.toMatchObject({ code: 'invalid_output' })
  })

  test('that is pictures is read', async () => {
    const connection = connect([ANSWER], { mode: 'async' })
    const outcome = (await sagemaker.image!.poll!(OPERATION, connection)) as MediaDone
    expect(outcome.media).toHaveLength(2)
    expect(outcome.usage).toEqual({ images: 2 })
  })

  test.each([
    [{ OriginalStatusCode: 400, OriginalMessage: '{"detail":"bad size"}' }, 'bad size', 'invalid_input'],
    ['Received server error (500) from primary with message "CUDA out of memory". See logs.', 'CUDA', 'upstream_error'],
    ['Received client error (400) from primary with message "{"detail":"no"}".', 'no', 'invalid_input'],
    ['Invocation timed out', 'timed out', 'timeout'],
    ['', 'no explanation', 'upstream_error'],
  ])('that is a failure, %j', async (body, words, code) => {
    const connection = connect([ABSENT, { body }])
    await expect(sagemaker.video!.poll!(OPERATION, connection)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words) as string,
      upstreamRequestId: 'i-1',
    })
  })

  test('of a bucket that is not reachable is a failure of the look alone', async () => {
    const connection = connect([
      { status: 503, body: '<Error><Code>SlowDown</Code><Message>Slow down</Message></Error>' },
    ])
    await expect(sagemaker.video!.poll!(OPERATION, connection)).rejects.toMatchObject({
      code: 'rate_limit',
      upstreamCode: 'SlowDown',
    })
  })

  test.each([
    [{ outputBucket: 'others' }, OPERATION],
    [{}, { ...OPERATION, output: 'https://evil.example/x' }],
    [{}, { ...OPERATION, output: 's3://evil.example:80@x/y' }],
  ])('is looked for nowhere else, %j', async (settings, operation) => {
    const connection = connect([], settings)
    await expect(sagemaker.video!.poll!(operation, connection)).rejects.toMatchObject({ code: 'invalid_output' })
    expect(connection.sent).toEqual([])
  })

  test.each([
    [{ s3Endpoint: 'http://127.0.0.1:9000/' }, 's3://results/a', 'eu-west-1', 'http://127.0.0.1:9000/results/a'],
    [{}, 's3://my.results/a', 'eu-west-1', 'https://s3.eu-west-1.amazonaws.com/my.results/a'],
    [{}, 's3://results/a', 'cn-north-1', 'https://results.s3.cn-north-1.amazonaws.com.cn/a'],
  ])('is found where %j says for %s', async (settings, output, region, url) => {
    const connection = { ...connect([ABSENT, ABSENT], settings), region }
    await sagemaker.video!.poll!({ ...OPERATION, output }, connection)
    expect(connection.sent[0]!.url).toBe(url)
  })
})
