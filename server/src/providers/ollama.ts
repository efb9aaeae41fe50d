import type { ProviderAdapter } from '../core/adapter.ts'
import { listModels } from './ollama/models.ts'
import { openAICompatible } from './openai-compatible.ts'

/** Ollama: OpenAI's dialect, and a list of its own. */
export const ollama: ProviderAdapter = { ...openAICompatible, id: 'ollama', listModels }
