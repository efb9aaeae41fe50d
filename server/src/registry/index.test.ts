import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { World } from './fixtures.ts'
import { hasCredentials } from './index.ts'

let world: World

beforeEach(() => {
  world = new World()
})
afterEach(() => world.end())

test.each<[string, Record<string, string>, string | undefined, boolean]>([
  ['nothing', {}, undefined, false],
  ['a credential', { OPENAI_API_KEY: 'k' }, undefined, true],
  ['a blank credential', { OPENAI_API_KEY: ' ' }, undefined, false],
  ['a base URL', { OPENAI_BASE_URL: 'http://localhost:9/v1' }, undefined, true],
  ['a model with a credential', { MODEL_COUNT: '1', MODEL_1_NAME: 'gpt-9', MODEL_1_KEY: 'k' }, undefined, true],
  ['a model without one', { MODEL_COUNT: '1', MODEL_1_NAME: 'gpt-9' }, undefined, false],
  ['a file without one', {}, 'models: [{ id: a }]', false],
  ['a provider of the file', {}, 'providers: { openai: { credential: "env:KEY" } }', true],
  ['a disabled provider', {}, 'providers: { openai: { credential: "env:KEY", enabled: false } }', false],
  ['a server of the file', {}, 'providers: { mine: { adapter: openai-compatible, baseUrl: "http://a.test" } }', true],
  ['a model of the file', {}, 'models: [{ id: a, credential: "file:key" }]', true],
  ['an invalid file', {}, 'models: {', false],
])('whether credentials are configured: %s', async (_, env, text, expected) => {
  const configFile = join(await world.directory(), 'turnout.yaml')
  if (text !== undefined) await writeFile(configFile, text)
  expect(hasCredentials(env, configFile)).toBe(expected)
})

test('the built-in catalog makes a registry without a problem', async () => {
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const { snapshot } = await world.registry({ catalog: undefined, presets: undefined, log })
  expect(snapshot.problems).toEqual([])
  expect(log.warn).not.toHaveBeenCalled()
  expect(snapshot.models.some(({ available }) => available)).toBe(true)
})

test('a day that passes retires a model', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  try {
    let time = Date.parse('2026-03-01T23:59:30Z')
    const registry = await world.registry({ now: () => time })
    expect(registry.snapshot.find('writer-3')?.lifecycle.status).toBe('deprecated')
    time = Date.parse('2026-03-02T00:00:30Z')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(registry.snapshot.find('writer-3')?.lifecycle.status).toBe('retired')
  } finally {
    vi.useRealTimers()
  }
})

test('a listener that fails does not keep others from hearing, and one that left hears nothing', async () => {
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const registry = await world.registry({ log })
  const heard = vi.fn()
  const left = vi.fn()
  registry.onChange(() => {
    throw new Error('broken')
  })
  registry.onChange(heard)
  registry.onChange(left)()
  await registry.reload()
  expect(heard).toHaveBeenCalled()
  expect(left).not.toHaveBeenCalled()
  expect(log.error).toHaveBeenCalledOnce()
})
