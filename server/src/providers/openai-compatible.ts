import type { Connection, ProviderAdapter, TextAdapter } from '../core/adapter.ts'
import { openAIResponsesText } from './openai-responses.ts'
import { openAIDoor } from './shared/openai-door.ts'
import { createOpenAIImage } from './shared/openai-image.ts'
import { listOpenAIModels } from './shared/openai-models.ts'
import { openAIText } from './shared/openai-text.ts'

const textOf = ({ flags }: Connection): TextAdapter => (flags.api === 'responses' ? openAIResponsesText : openAIText)

/** Text by the API that the model's flags name. */
const text: TextAdapter = {
  links: true,
  generate: (call, connection) => textOf(connection).generate(call, connection),
  stream: (call, connection) => textOf(connection).stream(call, connection),
}

/** Any server that speaks OpenAI's API; how it departs from it is data, in the flags of the provider or the model. */
export const openAICompatible: ProviderAdapter = {
  id: 'openai-compatible',
  text,
  image: createOpenAIImage('compatible'),
  openai: openAIDoor,
  listModels: listOpenAIModels,
}
