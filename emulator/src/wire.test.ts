import { describe, expect, it } from 'vitest'
import { emulated, post, user } from './testing.ts'
import { readRecorded, shape, wire } from './testing-wire.ts'

const read = (file: string): string => readRecorded('openai', file)
const sorted = (values: string[]): string[] => [...new Set(values)].sort()

describe.skipIf(wire === undefined)('the same fields as the recorded answers (TURNOUT_WIRE names their folder)', () => {
  const request = { model: 'gpt-4.1-mini', messages: [user('Invent a holiday.')] }

  it('chat', async () => {
    const { emulator } = await emulated()
    const answer = await (await post(emulator, '/chat/completions', request)).json()
    expect(sorted(shape(answer))).toEqual(sorted(shape(JSON.parse(read('chat/__fixtures__/openai-text.json')))))
  })

  it('chat chunks', async () => {
    const { emulator } = await emulated()
    const stream = { ...request, stream: true, stream_options: { include_usage: true } }
    const text = await (await post(emulator, '/chat/completions', stream)).text()
    const parse = (lines: string[]) =>
      lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as unknown)
    const ours = parse(text.split('\n').map((line) => line.replace(/^data: /, '')))
    const theirs = parse(read('chat/__fixtures__/openai-text.chunks.txt').split('\n'))
    for (const place of [0, 1, -2, -1]) expect(sorted(shape(ours.at(place)))).toEqual(sorted(shape(theirs.at(place))))
  })

  it('embeddings', async () => {
    const { emulator } = await emulated()
    const body = { model: 'text-embedding-3-small', input: ['a', 'b'] }
    const answer = await (await post(emulator, '/embeddings', body)).json()
    expect(sorted(shape(answer))).toEqual(
      sorted(shape(JSON.parse(read('embedding/__fixtures__/openai-embedding.json')))),
    )
  })

  it('images: every recorded field, and the usage that the specification adds', async () => {
    const { emulator } = await emulated()
    const body = { model: 'gpt-image-2', prompt: 'A fox', size: '256x256' }
    const answer = await (await post(emulator, '/images/generations', body)).json()
    const recorded = shape(JSON.parse(read('image/__fixtures__/openai-image-edit.json')))
    expect(sorted(shape(answer)).filter((field) => !field.startsWith('usage.'))).toEqual(sorted(recorded))
  })

  it.each([
    [
      'image/__fixtures__/gpt-image-response-format-error.json',
      '/images/generations',
      { model: 'gpt-image-2', prompt: 'x', response_format: 'url' },
    ],
    [
      'chat/__fixtures__/reasoning-model-legacy-parameter-error.json',
      '/chat/completions',
      { ...request, model: 'gpt-5.4', max_tokens: 5 },
    ],
  ])('the error %s, word for word', async (file, path, body) => {
    const { emulator } = await emulated()
    expect(await (await post(emulator, path, body)).json()).toEqual(JSON.parse(read(file)))
  })
})
