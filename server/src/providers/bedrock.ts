import type { ProviderAdapter } from '../core/adapter.ts'
import { bedrockEmbed } from './bedrock/embed.ts'
import { bedrockImage } from './bedrock/image.ts'
import { listBedrockModels } from './bedrock/models.ts'
import { bedrockText } from './bedrock/text.ts'

/**
 * Amazon Bedrock, at `https://bedrock-runtime.{region}.amazonaws.com`.
 *
 * Credential: `ACCESS_KEY_ID:SECRET`, the same with `:SESSION_TOKEN`, a
 * Bedrock API key, or none for AWS's default chain.
 *
 * Settings of a model or of the provider: `structuredOutput` (`native` or
 * `tool`, else a forced tool wherever the model can be made to call one) and
 * `maxOutputTokens`, the output limit that reasoning is measured by where a
 * request names none.
 */
export const bedrock: ProviderAdapter = {
  id: 'bedrock',
  text: bedrockText,
  image: bedrockImage,
  embed: bedrockEmbed,
  listModels: listBedrockModels,
}
