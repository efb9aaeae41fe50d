import type { Model } from '@turnout/contract'
import { describe, expect, test, vi } from 'vitest'
import type { ProviderAdapter } from '../src/core/adapter.ts'
import { chatPassesThrough } from '../src/gateway/text/path.ts'
import { withPictures } from '../src/gateway/text/pictures.ts'
import type { TextRequest, TextServices } from '../src/gateway/text/request.ts'
import { house as houseAdapter } from './house.ts'

describe('which way a request takes', () => {
  const door = {} as ProviderAdapter['openai']
  test.each<[string, ProviderAdapter | undefined, Model['flags'], boolean]>([
    ['a provider of the same dialect', { id: 'a', openai: door }, {}, true],
    ['and its newer API', { id: 'a', openai: door }, { api: 'responses' }, false],
    ['and its older API', { id: 'a', openai: door }, { api: 'chat' }, true],
    ['a provider of another dialect', houseAdapter, {}, false],
    ['nobody', undefined, {}, false],
  ])('%s', (_, adapter, flags, expected) => {
    expect(chatPassesThrough(adapter, { flags })).toBe(expected)
  })
})

describe('links to pictures', () => {
  const part = { type: 'image' as const, picture: { url: 'https://pictures.example/a.png' } }
  const request = (links: boolean) =>
    ({
      adapter: { ...houseAdapter.text!, links },
      call: { model: 'w', messages: [{ role: 'user', content: [part, { type: 'text', text: 'What is it?' }] }] },
      deployment: { model: { id: 'writer' } },
    }) as unknown as TextRequest
  const { signal } = new AbortController()

  test('are fetched for a provider that does not fetch them', async () => {
    const inlinePicture = vi.fn(async () => ({ base64: 'AAAA', mediaType: 'image/png' }))
    const services = { inlinePicture } as unknown as TextServices
    const { messages } = await withPictures(services, request(false), signal)
    expect(messages[0]).toMatchObject({ content: [{ picture: { base64: 'AAAA' } }, { text: 'What is it?' }] })
    expect(inlinePicture).toHaveBeenCalledWith('https://pictures.example/a.png', signal)
  })

  test('go on as they are to one that does', async () => {
    const linked = request(true)
    expect(await withPictures({} as TextServices, linked, signal)).toBe(linked.call)
  })
})
