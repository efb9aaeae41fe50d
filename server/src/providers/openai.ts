import type { ProviderAdapter } from '../core/adapter.ts'
import { openAICompatible } from './openai-compatible.ts'

/** OpenAI itself; what its models do not take is part of the catalog. */
export const openai: ProviderAdapter = { ...openAICompatible, id: 'openai' }
