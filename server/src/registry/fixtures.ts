import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ModelPatch } from '@turnout/contract'
import type { ProviderPreset } from './catalog/providers.ts'
import { createRegistry, type RegistryOptions } from './index.ts'
import type { Registry } from './types.ts'

/** A small world for tests: two hosted providers, one with regions, and a local engine. */
export const PRESETS: readonly ProviderPreset[] = [
  {
    id: 'openai',
    name: 'OpenAI',
    adapter: 'openai',
    baseUrl: 'https://api.openai.test/v1',
    credentials: ['OPENAI_API_KEY'],
    baseUrlVariable: 'OPENAI_BASE_URL',
    local: false,
    flags: {},
    maxConnections: 10,
    docs: 'https://docs.openai.test',
  },
  {
    id: 'cloud',
    name: 'Cloud',
    adapter: 'cloud',
    baseUrl: 'https://models.{region}.cloud.test/',
    credentials: ['CLOUD_KEY', 'CLOUD_OTHER_KEY'],
    baseUrlVariable: 'CLOUD_BASE_URL',
    regionVariable: 'CLOUD_REGION',
    defaultRegion: 'north-1',
    local: false,
    flags: {},
    maxConnections: 10,
    docs: 'https://docs.cloud.test',
  },
  {
    id: 'lmstudio',
    name: 'LM Studio',
    adapter: 'lmstudio',
    baseUrl: 'http://localhost:1/v1',
    credentials: [],
    baseUrlVariable: 'LMSTUDIO_BASE_URL',
    local: true,
    flags: { tokenField: 'max_tokens' },
    maxConnections: 4,
    timeouts: { firstPartMs: 600_000 },
    docs: 'https://docs.lmstudio.test',
  },
]

const PRICES = { rates: [{ unit: 'image' as const, usd: '0.04', per: 1 }], source: 'the test', asOf: '2026-01-01' }

export const CATALOG: readonly ModelPatch[] = [
  {
    id: 'painter-3',
    name: 'Painter 3',
    provider: 'openai',
    aliases: ['painter'],
    input: ['text'],
    output: ['image'],
    capabilities: { seed: true, mask: true },
    limits: { images: 4 },
    prices: PRICES,
  },
  { id: 'writer-5', provider: 'openai', upstreamId: 'writer-5-2026', capabilities: { streaming: true } },
  { id: 'writer-5-mini', provider: 'openai' },
  {
    id: 'writer-3',
    provider: 'openai',
    lifecycle: { status: 'deprecated', retiresAt: '2026-03-01', replacedBy: 'writer-4' },
  },
  {
    id: 'writer-4',
    provider: 'openai',
    lifecycle: { status: 'retired', retiresAt: '2026-05-01', replacedBy: 'writer-5' },
  },
  { id: 'loop-a', provider: 'openai', lifecycle: { status: 'retired', replacedBy: 'loop-b' } },
  { id: 'loop-b', provider: 'openai', lifecycle: { status: 'retired', replacedBy: 'loop-a' } },
  { id: 'cloud-writer', provider: 'cloud' },
]

export const CREDENTIAL = 'the-secret-of-openai-4711'

export const SILENT = { info() {}, warn() {}, error() {} }

/** Registries and directories that `end` closes and removes again. */
export class World {
  readonly #registries: Registry[] = []
  readonly #directories: string[] = []

  async directory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'turnout-registry-'))
    this.#directories.push(directory)
    return directory
  }

  async registry(options: Partial<RegistryOptions> = {}): Promise<Registry> {
    const registry = await createRegistry({
      env: { OPENAI_API_KEY: CREDENTIAL },
      adapters: new Set(['openai', 'lmstudio', 'openai-compatible']),
      catalog: CATALOG,
      presets: PRESETS,
      log: SILENT,
      now: () => Date.parse('2026-06-01T12:00:00Z'),
      ...options,
    })
    this.#registries.push(registry)
    return registry
  }

  async end(): Promise<void> {
    for (const registry of this.#registries) await registry.close()
    for (const directory of this.#directories) await rm(directory, { recursive: true, force: true })
  }
}
