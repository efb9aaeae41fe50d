import type { ProviderAdapter } from '../core/adapter.ts'
import { lmstudio } from './lmstudio.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openAICompatible } from './openai-compatible.ts'

/** Every adapter, by its id. */
export const ADAPTERS: ReadonlyMap<string, ProviderAdapter> = new Map(
  [openAICompatible, openai, lmstudio, ollama].map((adapter) => [adapter.id, adapter]),
)
