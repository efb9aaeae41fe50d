import { describe, expect, test } from 'vitest'
import type { Connection } from '../../core/adapter.ts'
import type { RemoteOperation, VideoCall } from '../../core/media.ts'
import { google } from '../google.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'
import { vertex } from '../vertex.ts'

const call: VideoCall = { model: 'veo-3.1-generate-preview', prompt: 'a cat' }
const NAME = 'models/veo-3.1-generate-preview/operations/abc'

async function begin(overrides: Partial<VideoCall> = {}, body: Scripted['body'] = { name: NAME }) {
  const connection = connectTo([{ body }])
  const outcome = await google.video!.start({ ...call, ...overrides }, connection)
  if (outcome.status !== 'pending') throw new Error('it is done at once')
  return { ...outcome, sent: connection.lastJson(), url: connection.sent[0]!.url }
}

const poll = (body: unknown, operation: RemoteOperation = { name: NAME }) =>
  google.video!.poll!(operation, connectTo([{ body: body as Scripted['body'] }]))

const done = (response: unknown) => ({ name: NAME, done: true, response })

describe('start', () => {
  test('pictures, settings, and an operation that can be stored', async () => {
    const { operation, sent, url } = await begin({
      pictures: [{ base64: 'AA==', mediaType: 'image/png' }],
      lastFrame: { base64: 'AQ==', mediaType: 'image/jpeg' },
      negativePrompt: 'dogs',
      seconds: 8,
      size: { width: 1920, height: 1080 },
      defaults: { personGeneration: 'allow_adult' },
    })
    expect(url).toMatch(/\/v1beta\/models\/veo-3\.1-generate-preview:predictLongRunning$/)
    expect(sent).toEqual({
      instances: [
        {
          prompt: 'a cat',
          image: { bytesBase64Encoded: 'AA==', mimeType: 'image/png' },
          lastFrame: { bytesBase64Encoded: 'AQ==', mimeType: 'image/jpeg' },
        },
      ],
      parameters: {
        personGeneration: 'allow_adult',
        sampleCount: 1,
        durationSeconds: 8,
        negativePrompt: 'dogs',
        aspectRatio: '16:9',
        resolution: '1080p',
      },
    })
    expect(JSON.parse(JSON.stringify(operation))).toEqual({ name: NAME, seconds: 8, warnings: [] })
  })

  test('what was mapped or left out is told at the end', async () => {
    const size = { width: 700, height: 1300 }
    const { operation, sent } = await begin({ framesPerSecond: 30, audio: false, size })
    expect(sent.parameters).toEqual({ sampleCount: 1, aspectRatio: '9:16', resolution: '720p' })
    const outcome = await poll(done({ videos: [{ bytesBase64Encoded: 'AA==' }] }), operation)
    expect(outcome).toMatchObject({
      status: 'done',
      warnings: [
        'veo-3.1-generate-preview takes no pixels: 700x1300 was sent as 9:16 at 720p.',
        'veo-3.1-generate-preview takes no frame rate on the Gemini API; it was left out.',
        'veo-3.1-generate-preview always makes sound on the Gemini API.',
      ],
    })
  })

  test.each([{}, { name: '../files' }, { name: 'a b' }, { name: 'x?y' }])(
    'the answer %j names no operation',
    async (body) => {
      await expect(begin({}, body)).rejects.toMatchObject({ code: 'invalid_output', retryable: false })
    },
  )
})

describe('poll', () => {
  test('not yet', async () => {
    const operation = { name: NAME, seconds: 8, warnings: [] }
    expect(await poll({ name: NAME }, operation)).toEqual({ status: 'pending', operation, pollAfterMs: 10_000 })
  })

  test('asks the Gemini API by the name', async () => {
    const connection = connectTo([{ body: { name: NAME } }])
    await google.video!.poll!({ name: NAME }, connection)
    expect(connection.sent[0]).toMatchObject({ method: 'GET', url: `https://provider.example/v1beta/${NAME}` })
  })

  test('a video that the credential opens', async () => {
    const uri = 'https://generativelanguage.googleapis.com/v1beta/files/abc:download?alt=media'
    const samples = { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } }
    expect(await poll(done(samples), { name: NAME, seconds: 8 })).toEqual({
      status: 'done',
      media: [{ url: uri, sealed: true, mediaType: 'video/mp4' }],
      usage: { seconds: 8 },
      warnings: [],
    })
  })

  test('videos of Vertex AI: in the answer, or in a bucket', async () => {
    const videos = [
      { bytesBase64Encoded: Buffer.from('video').toString('base64'), mimeType: 'video/mp4' },
      { gcsUri: 'gs://bucket/a b/c.mp4', mimeType: 'video/mp4' },
    ]
    expect(await poll(done({ videos }))).toMatchObject({
      media: [
        { bytes: Buffer.from('video'), mediaType: 'video/mp4' },
        { url: 'https://storage.googleapis.com/bucket/a%20b/c.mp4', sealed: true },
      ],
      usage: {},
    })
  })

  test('withheld, in part and in whole', async () => {
    const raiMediaFilteredReasons = ['It shows a celebrity.']
    const withheld = { raiMediaFilteredCount: 1, raiMediaFilteredReasons }
    await expect(poll(done({ generateVideoResponse: withheld }))).rejects.toMatchObject({
      code: 'content_policy',
      message: 'provider withheld the video: It shows a celebrity.',
    })
    const part = await poll(done({ ...withheld, videos: [{ bytesBase64Encoded: 'AA==' }] }))
    expect(part).toMatchObject({ warnings: ['provider withheld 1 more: It shows a celebrity.'] })
  })

  test.each([{}, { generateVideoResponse: {} }, { generateVideoResponse: { generatedSamples: [{}] } }, null])(
    'done with %j is a failure',
    async (response) => {
      await expect(poll(done(response))).rejects.toMatchObject({ code: 'invalid_output', retryable: false })
    },
  )

  test('an operation that failed', async () => {
    const error = { code: 3, message: 'The prompt violates our policies.' }
    await expect(poll({ name: NAME, done: true, error })).rejects.toMatchObject({ code: 'content_policy' })
  })
})

describe('open', () => {
  const open = async (url: string, script: Scripted[], overrides: Partial<Connection> = {}, adapter = google) => {
    const connection = connectTo(script, { headers: { 'x-own': '1' }, ...overrides })
    const media = { url, sealed: true, mediaType: 'video/mp4' }
    const text = async () => (await adapter.video!.open!(media, connection)).text()
    return { connection, text }
  }
  const GOOGLE = 'https://generativelanguage.googleapis.com'
  const redirect = (location: string) => ({ status: 302, headers: { location } })

  test('follows to the file, with the credential for hosts of the API alone', async () => {
    const script = [
      redirect('/download/v1beta/files/abc'),
      redirect('https://storage.googleapis.com/file'),
      redirect('https://lh3.googleusercontent.com/file'),
      { body: 'video' },
    ]
    const { connection, text } = await open(`${GOOGLE}/v1beta/files/abc:download`, script, { baseUrl: GOOGLE })
    expect(await text()).toBe('video')
    const key = { 'x-goog-api-key': 'secret-credential' }
    expect(connection.sent.map(({ url, headers }) => [url, headers])).toEqual([
      [`${GOOGLE}/v1beta/files/abc:download`, { ...key, 'x-own': '1' }],
      [`${GOOGLE}/download/v1beta/files/abc`, { ...key, 'x-own': '1' }],
      ['https://storage.googleapis.com/file', key],
      ['https://lh3.googleusercontent.com/file', {}],
    ])
  })

  test("another server's credential is not shown to Google", async () => {
    const { connection, text } = await open('https://storage.googleapis.com/file', [{ body: 'video' }])
    expect(await text()).toBe('video')
    expect(connection.sent[0]!.headers).toEqual({})
  })

  test.each([
    'https://example.com/file',
    'http://storage.googleapis.com/file',
    'https://evilgoogleapis.com/file',
    'https://googleapis.com.evil.example/file',
    'not a url',
  ])('%s is not asked', async (url) => {
    const direct = await open(url, [], { baseUrl: GOOGLE })
    await expect(direct.text()).rejects.toMatchObject({ code: 'invalid_output' })
    expect(direct.connection.sent).toEqual([])
    const led = await open(`${GOOGLE}/file`, [redirect(url), { status: 404 }], { baseUrl: GOOGLE })
    await expect(led.text()).rejects.toMatchObject({ provider: 'provider' })
    expect(led.connection.sent.every(({ url: asked }) => asked.startsWith(GOOGLE))).toBe(true)
  })

  test('an endless chain, and a file that is gone', async () => {
    const endless = await open(`${GOOGLE}/file`, Array(9).fill(redirect('/file')) as Scripted[], { baseUrl: GOOGLE })
    await expect(endless.text()).rejects.toMatchObject({ code: 'upstream_error' })
    expect(endless.connection.sent).toHaveLength(4)
    const body = { error: { code: 404, message: 'It is gone.', status: 'NOT_FOUND' } }
    const gone = await open(`${GOOGLE}/file`, [{ status: 404, body }], { baseUrl: GOOGLE })
    await expect(gone.text()).rejects.toThrow('It is gone.')
  })

  test('a bucket, with the access token', async () => {
    const url = 'https://storage.googleapis.com/bucket/c.mp4'
    const overrides = { baseUrl: 'https://europe-west4-aiplatform.googleapis.com', settings: { project: 'p' } }
    const { connection, text } = await open(url, [{ body: 'video' }], overrides, vertex)
    expect(await text()).toBe('video')
    expect(connection.sent[0]!.headers).toEqual({ authorization: 'Bearer secret-credential' })
  })
})
