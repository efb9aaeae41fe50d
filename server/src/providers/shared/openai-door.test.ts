import { describe, expect, test } from 'vitest'
import type { OpenAIOperation } from '../../core/adapter.ts'
import { createOpenAIDoor, engineRoot, openAIDoor } from './openai-door.ts'

const connection = { baseUrl: 'https://api.example', credential: 'secret', headers: { 'x-team': 'trams' }, flags: {} }

const OPERATIONS: [OpenAIOperation, string][] = [
  ['chat', '/chat/completions'],
  ['embeddings', '/embeddings'],
  ['images.generate', '/images/generations'],
  ['images.edit', '/images/edits'],
]

describe('a door', () => {
  test.each(OPERATIONS)('leads %s to %s, and elsewhere as its provider says', (operation, path) => {
    expect(openAIDoor.request(operation, connection)).toEqual({
      url: `https://api.example/v1${path}`,
      headers: { authorization: 'Bearer secret', 'x-team': 'trams' },
    })
    const own = createOpenAIDoor({ base: (baseUrl) => `${baseUrl}/dialect` })
    expect(own.request(operation, connection).url).toBe(`https://api.example/dialect${path}`)
  })

  test('leads nowhere for what its provider does not speak', () => {
    const some = createOpenAIDoor({ operations: ['chat', 'images.edit'] })
    const open = OPERATIONS.map(([operation]) => {
      try {
        return some.request(operation, connection).url.length > 0
      } catch (error) {
        expect(error).toMatchObject({ name: 'TurnoutError', code: 'capability_missing' })
        return false
      }
    })
    expect(open).toEqual([true, false, false, true])
  })

  test('leads to the path of a server that draws elsewhere, which edits where all do', () => {
    const flags = { imagesPath: '/paint' }
    expect(openAIDoor.request('images.generate', { ...connection, flags }).url).toBe('https://api.example/v1/paint')
    expect(openAIDoor.request('images.edit', { ...connection, flags }).url).toBe('https://api.example/v1/images/edits')
  })
})

test.each([
  ['http://localhost:1234', 'http://localhost:1234'],
  ['http://localhost:1234/', 'http://localhost:1234'],
  ['http://localhost:1234/v1', 'http://localhost:1234'],
  ['http://localhost:1234/api/v0/', 'http://localhost:1234'],
  ['https://house.example/ollama/v1', 'https://house.example/ollama'],
  ['https://house.example/v1/engines', 'https://house.example/v1/engines'],
])('the root of the engine at %s is %s', (baseUrl, root) => {
  expect(engineRoot(baseUrl)).toBe(root)
})
