import type { ProviderAdapter } from '../core/adapter.ts'
import { anthropicDoor } from './anthropic/door.ts'
import { listAnthropicModels } from './anthropic/models.ts'
import { generateMessage, streamMessage } from './shared/messages/text.ts'

/**
 * Anthropic's own API, at `https://api.anthropic.com`.
 *
 * Settings of a model or of the provider: `structuredOutput` (`native` or
 * `tool`, else by the model's id) and `maxOutputTokens`, the output limit where
 * a request names none.
 */
export const anthropic: ProviderAdapter = {
  id: 'anthropic',
  text: {
    links: true,
    generate: (call, connection) => generateMessage(anthropicDoor, call, connection),
    stream: (call, connection) => streamMessage(anthropicDoor, call, connection),
  },
  listModels: listAnthropicModels,
}
