import { describe, expect, test } from 'vitest'
import type { ImageCall, MediaPending, RemoteOperation } from '../../core/media.ts'
import { huggingface } from '../huggingface.ts'
import { connectTo, type Scripted } from '../testing/connection.ts'

const ROUTER = 'https://router.huggingface.co'
const PICTURE = { base64: 'iVBORw0KGgo=', mediaType: 'image/png' }
const DATA = `data:image/png;base64,${PICTURE.base64}`

/** A model of its own for each test: what is known of a model is kept. */
let models = 0
const freshModel = () => {
  models += 1
  return `owner/replicated-${models}`
}

const connect = (script: readonly Scripted[]) => connectTo(script, { provider: 'huggingface', baseUrl: ROUTER })

const mapped = (providerId: string, task = 'text-to-image'): Scripted => ({
  body: { inferenceProviderMapping: { replicate: { providerId, status: 'live', task } } },
})

const stored = (operation: RemoteOperation): RemoteOperation => JSON.parse(JSON.stringify(operation)) as RemoteOperation

describe('replicate', () => {
  const SUCCEEDED = { id: 'p-1', status: 'succeeded', output: ['https://replicate.delivery/a.webp'] }
  const asked = async (prediction: Record<string, unknown>, more: Partial<ImageCall> = {}, providerId = 'owner/x') => {
    const connection = connect([
      mapped(providerId, more.pictures && 'image-to-image'),
      { status: 201, body: prediction },
    ])
    return {
      connection,
      outcome: await huggingface.image!.start({ model: freshModel(), prompt: 'a fox', count: 1, ...more }, connection),
    }
  }

  test('is waited for', async () => {
    const { connection, outcome } = await asked(SUCCEEDED, { aspectRatio: '16:9', seed: 7 })
    expect(connection.sent[1]).toMatchObject({
      url: `${ROUTER}/replicate/v1/models/owner/x/predictions`,
      headers: { prefer: 'wait' },
    })
    expect(connection.lastJson()).toEqual({ input: { prompt: 'a fox', aspect_ratio: '16:9', seed: 7 } })
    expect(outcome).toEqual({
      status: 'done',
      media: [{ url: SUCCEEDED.output[0], mediaType: 'image/webp' }],
      usage: { images: 1 },
      warnings: [],
      upstreamRequestId: 'p-1',
    })
  })

  test('has versions, and many names for a picture', async () => {
    const { connection } = await asked(
      { ...SUCCEEDED, output: 'https://replicate.delivery/a' },
      { pictures: [PICTURE] },
      'owner/x:abc',
    )
    expect(connection.sent[1]!.url).toBe(`${ROUTER}/replicate/v1/predictions`)
    expect(connection.lastJson()).toEqual({
      version: 'abc',
      input: { prompt: 'a fox', image: DATA, images: [DATA], input_image: DATA, input_images: [DATA] },
    })
  })

  test('is polled where it takes longer', async () => {
    const { outcome } = await asked({ id: 'p-1', status: 'processing' })
    expect(outcome).toMatchObject({ status: 'pending', upstreamRequestId: 'p-1' })
    const connection = connect([{ body: SUCCEEDED }])
    const operation = stored((outcome as MediaPending).operation)
    expect(await huggingface.image!.poll!(operation, connection)).toMatchObject({ status: 'done' })
    expect(connection.sent[0]!.url).toBe(`${ROUTER}/replicate/v1/predictions/p-1`)
  })

  test.each([
    [{ id: 'p-1', status: 'failed', error: 'NSFW content detected. Try again.' }, 'content_policy'],
    [{ id: 'p-1', status: 'failed', error: 'CUDA out of memory' }, 'upstream_error'],
    [{ id: 'p-1', status: 'aborted' }, 'canceled'],
    [{ id: 'p-1', status: 'succeeded', output: [] }, 'invalid_output'],
    [{ status: 'processing' }, 'invalid_output'],
  ])('%j', async (prediction, code) => {
    await expect(asked(prediction)).rejects.toMatchObject({ code, upstreamStatus: expect.any(Number) })
  })

  test('makes videos', async () => {
    const body = { id: 'p-1', status: 'succeeded', output: 'https://replicate.delivery/v.mp4' }
    const connection = connect([mapped('owner/x', 'text-to-video'), { body }])
    const outcome = await huggingface.video!.start(
      { model: freshModel(), prompt: 'a fox runs', seconds: 5 },
      connection,
    )
    expect(outcome).toMatchObject({ media: [{ url: body.output, mediaType: 'video/mp4' }], usage: {} })
    expect(connection.lastJson()).toEqual({ input: { prompt: 'a fox runs', duration: 5 } })
  })
})
