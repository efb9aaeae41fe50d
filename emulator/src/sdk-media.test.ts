import { toFile } from 'openai'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { emulated } from './testing.ts'

const decode = (encoded: string | undefined): Buffer => Buffer.from(encoded ?? '', 'base64')

async function square(width: number, height = width): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 4, background: '#3366cc' } })
    .png()
    .toBuffer()
}

describe('models', () => {
  it('lists and retrieves, further ids included', async () => {
    const { client } = await emulated({ models: ['my-model'] })
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toEqual(expect.arrayContaining(['gpt-5.4', 'gpt-image-2', 'text-embedding-3-small', 'my-model']))
    expect(ids).not.toContain('dall-e-3')
    expect(await client.models.retrieve('my-model')).toMatchObject({ id: 'my-model', object: 'model' })
    await expect(client.models.retrieve('nothing')).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  })
})

describe('embeddings', () => {
  it('gives unit vectors that depend only on model and input', async () => {
    const { client } = await emulated()
    const embed = async (input: string | string[] | number[] | number[][], more: object = {}) =>
      (await client.embeddings.create({ model: 'text-embedding-3-small', input, ...more })).data.map(
        (item) => item.embedding,
      )
    const [cat, again, other] = await embed(['a cat sleeps', 'a cat sleeps', 'stock prices fell'])
    const [near] = await embed('a cat sleeps now')
    const product = (one: number[] = [], two: number[] = []) =>
      one.reduce((sum, value, at) => sum + value * (two[at] ?? 0), 0)
    expect(cat).toHaveLength(1536)
    expect(again).toEqual(cat)
    expect(product(cat, cat)).toBeCloseTo(1, 4)
    expect(product(cat, near)).toBeGreaterThan(product(cat, other) + 0.3)
    expect(await embed([[1, 2, 3], [4]])).toHaveLength(2)
    expect(await embed([1, 2, 3])).toHaveLength(1)
  })

  it('shortens a vector and encodes it as asked', async () => {
    const { client } = await emulated()
    const request = { model: 'text-embedding-3-large', input: 'hello', dimensions: 64 }
    const floats = await client.embeddings.create({ ...request, encoding_format: 'float' })
    const encoded = await client.embeddings.create({ ...request, encoding_format: 'base64' })
    const bytes = decode(encoded.data[0]?.embedding as unknown as string)
    expect(floats.data[0]?.embedding).toHaveLength(64)
    expect(Array.from({ length: 64 }, (_, at) => bytes.readFloatLE(at * 4))).toEqual(floats.data[0]?.embedding)
    expect(floats.usage).toEqual({ prompt_tokens: 1, total_tokens: 1 })
  })
})

describe('images', () => {
  it.each([
    ['gpt-image-2', '512x768', 'png', 'png'],
    ['gpt-image-1-mini', '1024x1024', 'jpeg', 'jpeg'],
    ['gpt-image-2', '768x512', 'webp', 'webp'],
    ['gpt-image-2.6-sunburst', '512x512', 'gif', 'gif'],
    ['gpt-image-2.6-sunburst', '512x512', 'svg', 'svg'],
  ])('%s draws %s as %s', async (model, size, format, expected) => {
    const { client } = await emulated()
    // The SDK's types do not list the formats of gpt-image-2.6.
    const answer = await client.images.generate({
      model,
      prompt: 'A fox',
      size,
      output_format: format as 'png',
      quality: 'low',
    })
    if (!('data' in answer)) throw new Error('not an image answer')
    const meta = await sharp(decode(answer.data?.[0]?.b64_json)).metadata()
    expect({ size: `${meta.width}x${meta.height}`, format: meta.format }).toEqual({ size, format: expected })
    expect(answer).toMatchObject({ size, output_format: format, quality: 'low', background: 'opaque' })
    const { usage } = answer
    expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0))
    expect(usage?.input_tokens_details).toEqual({ image_tokens: 0, text_tokens: usage?.input_tokens })
  })

  it('draws n different pictures, each the same every time, with transparency on demand', async () => {
    const { client } = await emulated()
    const draw = async () => {
      const answer = await client.images.generate({
        model: 'gpt-image-2',
        prompt: 'A fox',
        size: '256x256',
        n: 2,
        background: 'transparent',
      })
      return answer.data?.map((item) => item.b64_json) ?? []
    }
    const [first, second] = await draw()
    expect(first).not.toBe(second)
    expect(await draw()).toEqual([first, second])
    const { channels } = await sharp(decode(first)).stats()
    expect(channels[3]?.min).toBe(0)
  })

  it('streams partial pictures that come nearer to the completed one', async () => {
    const { client } = await emulated()
    const request = { model: 'gpt-image-2', prompt: 'A fox', size: '256x256' as const }
    const stream = await client.images.generate({ ...request, stream: true, partial_images: 2 })
    const events: { type: string; b64_json: string }[] = []
    for await (const event of stream) events.push(event)
    expect(events.map((event) => event.type)).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ])
    const pixels = await Promise.all(
      events.map((event) =>
        sharp(decode(event.b64_json))
          .extract({ left: 0, top: 0, width: 180, height: 120 })
          .removeAlpha()
          .raw()
          .toBuffer(),
      ),
    )
    const distance = (at: number) =>
      pixels[at]!.reduce((sum, value, index) => sum + Math.abs(value - pixels[2]![index]!), 0)
    expect(distance(0)).toBeGreaterThan(distance(1))
    expect(distance(1)).toBeGreaterThan(0)
    const whole = await client.images.generate(request)
    expect(events.at(-1)?.b64_json).toBe(whole.data?.[0]?.b64_json)
  })

  it('edits one picture, several with a mask, and a reference in JSON', async () => {
    const { client, emulator } = await emulated()
    const file = await toFile(await square(256), 'a.png', { type: 'image/png' })
    const one = await client.images.edit({ model: 'gpt-image-1.5', prompt: 'Add a hat', image: file })
    expect(one.usage?.input_tokens_details.image_tokens).toBeGreaterThan(0)
    expect(one.usage?.total_tokens).toBe((one.usage?.input_tokens ?? 0) + (one.usage?.output_tokens ?? 0))
    const two = await client.images.edit({ prompt: 'Join', image: [file, file], mask: file, n: 1, size: '1024x1024' })
    expect(two.usage?.input_tokens_details.image_tokens).toBe(2 * (one.usage?.input_tokens_details.image_tokens ?? 0))
    const stream = await client.images.edit({ prompt: 'Join', image: file, stream: true, partial_images: 1 })
    const types: string[] = []
    for await (const event of stream) types.push(event.type)
    expect(types).toEqual(['image_edit.partial_image', 'image_edit.completed'])
    const json = await client.post<{ data: unknown[] }>('/images/edits', {
      body: {
        model: 'gpt-image-2',
        prompt: 'Add a hat',
        images: [{ image_url: `data:image/png;base64,${(await square(64)).toString('base64')}` }],
      },
    })
    expect(json.data).toHaveLength(1)
    expect(emulator.bill().images).toBe(4)
    expect(emulator.requests()[0]?.body).toMatchObject({
      prompt: 'Add a hat',
      files: [{ name: 'image', mimeType: 'image/png' }],
    })
  })
})
