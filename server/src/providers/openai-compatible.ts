import type { ProviderAdapter } from '../core/adapter.ts'
import { openAIDoor } from './shared/openai-door.ts'
import { openAIImage } from './shared/openai-image.ts'
import { listOpenAIModels } from './shared/openai-models.ts'
import { openAIText } from './shared/openai-text.ts'

/** Any server that speaks OpenAI's API; how it departs from it is data, in the flags of the provider or the model. */
export const openAICompatible: ProviderAdapter = {
  id: 'openai-compatible',
  text: openAIText,
  image: openAIImage,
  openai: openAIDoor,
  listModels: listOpenAIModels,
}
