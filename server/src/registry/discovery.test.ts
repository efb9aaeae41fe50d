import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ListedModel } from '../core/adapter.ts'
import type { ListModels } from './discovery.ts'
import { PRESETS, SILENT, World } from './fixtures.ts'

let world: World
let engine: Server
let listed: ListedModel[]

beforeEach(async () => {
  world = new World()
  listed = []
  engine = createServer((_, response) => response.end(JSON.stringify(listed)))
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await world.end()
  await new Promise((resolve) => engine.close(resolve))
})

const list: ListModels = async (_, baseUrl) => {
  const response = await fetch(`${baseUrl}/models`, { headers: { connection: 'close' } })
  return (await response.json()) as ListedModel[]
}

/** The fixture's presets, the local one of which points at the engine. */
const presets = () =>
  PRESETS.map((preset) => ({
    ...preset,
    ...(preset.local && { baseUrl: `http://127.0.0.1:${(engine.address() as AddressInfo).port}/v1` }),
  }))

test('the models of an engine on this machine are listed and can be used without any credential', async () => {
  listed = [
    { id: 'home-writer', name: 'Home Writer', contextTokens: 8192, vision: true, tools: false },
    { id: 'home-embed', embedding: true },
    { id: 'writer-5' },
    { id: '' },
  ]
  const { snapshot } = await world.registry({ presets: presets(), list })
  expect(snapshot.find('home-writer')).toMatchObject({
    id: 'lmstudio/home-writer',
    name: 'Home Writer',
    provider: 'lmstudio',
    upstreamId: 'home-writer',
    input: ['text', 'image'],
    output: ['text'],
    capabilities: { streaming: true, vision: true, tools: false },
    limits: { contextTokens: 8192 },
    available: true,
    provenance: { layer: 'discovered' },
  })
  expect(snapshot.find('lmstudio/home-embed')?.output).toEqual(['embedding'])
  expect(snapshot.resolve('home-writer').deployment.provider).toMatchObject({ local: true, credential: undefined })
  expect(snapshot.providers.has('lmstudio')).toBe(true)
  // A name that is taken stays whose it is, without a word.
  expect(snapshot.find('writer-5')?.provider).toBe('openai')
  expect(snapshot.find('lmstudio/writer-5')?.available).toBe(true)
  expect(snapshot.problems).toEqual([])
})

test('pictures, what is in memory, and what is elsewhere are told apart', async () => {
  listed = [
    { id: 'home-writer', loaded: true, remote: false, image: false },
    { id: 'home-brush', image: true, vision: true, loaded: false },
    { id: 'far-writer', remote: true },
  ]
  const { snapshot } = await world.registry({ presets: presets(), list })
  expect(snapshot.find('home-writer')).toMatchObject({ output: ['text'], tags: ['loaded'], settings: {} })
  expect(snapshot.find('home-brush')).toMatchObject({
    input: ['text', 'image'],
    output: ['image'],
    capabilities: { imageInput: true },
    tags: [],
  })
  expect(snapshot.find('home-brush')?.capabilities).toEqual({ imageInput: true })
  // Whoever serves it may charge for it: it is not free for being reached through an engine of one's own.
  const isLocal = (id: string) => snapshot.resolve(id).deployment.provider.local
  expect(['home-writer', 'home-brush', 'far-writer'].map(isLocal)).toEqual([true, true, false])
})

test('engines that are not there are not worth a word', async () => {
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const registry = await world.registry({ list, log })
  expect(registry.snapshot.providers.has('lmstudio')).toBe(false)
  expect(registry.snapshot.problems).toEqual([])
  expect(log.warn).not.toHaveBeenCalled()
  expect(log.error).not.toHaveBeenCalled()
})

test('models come and go with the engine, which may miss one question', async () => {
  listed = [{ id: 'a' }]
  let down = false
  const registry = await world.registry({
    presets: presets(),
    list: (provider, baseUrl) => (down ? Promise.reject(new Error('refused')) : list(provider, baseUrl)),
  })
  const ids = () => registry.snapshot.models.filter(({ provider }) => provider === 'lmstudio').map(({ id }) => id)
  expect(ids()).toEqual(['lmstudio/a'])
  listed = [{ id: 'a' }, { id: 'b' }]
  await registry.reload()
  expect(ids()).toEqual(['lmstudio/a', 'lmstudio/b'])
  down = true
  await registry.reload()
  expect(ids()).toEqual(['lmstudio/a', 'lmstudio/b'])
  await registry.reload()
  expect(ids()).toEqual([])
})

test('an engine that never answers does not hold up the start', async () => {
  const registry = await world.registry({ list: () => new Promise(() => {}), log: SILENT })
  expect(registry.snapshot.find('writer-5')).toBeDefined()
})
