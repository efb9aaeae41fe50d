import type { ProviderAdapter } from '../core/adapter.ts'
import { openAICompatible } from './openai-compatible.ts'
import { createOpenAIImage } from './shared/openai-image.ts'

/** OpenAI itself; what its models do not take is part of the catalog, and pictures get no field that it refuses. */
export const openai: ProviderAdapter = { ...openAICompatible, id: 'openai', image: createOpenAIImage('openai') }
