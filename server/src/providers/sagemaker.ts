import type { ProviderAdapter } from '../core/adapter.ts'
import { sagemakerImage, sagemakerVideo } from './sagemaker/media.ts'
import { sagemakerText } from './sagemaker/text.ts'

/**
 * Endpoints of Amazon SageMaker, at `https://runtime.sagemaker.{region}.amazonaws.com`;
 * the upstream id of a model is the name of its endpoint.
 *
 * Credential: `ACCESS_KEY_ID:SECRET`, the same with `:SESSION_TOKEN`, or none
 * for AWS's default chain. What a container takes and answers is told by the
 * settings in sagemaker/settings.ts; without any it is vLLM-Omni for pictures
 * and videos and OpenAI's chat completions for text.
 */
export const sagemaker: ProviderAdapter = {
  id: 'sagemaker',
  text: sagemakerText,
  image: sagemakerImage,
  video: sagemakerVideo,
}
