import type { ModelPatch } from '@turnout/contract'
import { ANTHROPIC } from './anthropic.ts'
import { BEDROCK } from './bedrock.ts'
import { BFL } from './bfl.ts'
import { DASHSCOPE } from './dashscope.ts'
import { FAL } from './fal.ts'
import { GOOGLE } from './google.ts'
import { HUGGINGFACE } from './huggingface.ts'
import { HUNYUAN } from './hunyuan.ts'
import { OPENAI } from './openai.ts'
import { RECRAFT } from './recraft.ts'
import { SAGEMAKER } from './sagemaker.ts'
import { STABILITY } from './stability.ts'
import { VERTEX } from './vertex.ts'

/**
 * The models that Turnout knows without any configuration.
 *
 * Ids: a model has its upstream name where only one provider serves it, and at
 * its maker's own API where several do (`claude-sonnet-4-6`, `flux-2-pro`).
 * Everywhere else it is `<provider>/<name>` (`bedrock/claude-sonnet-4-6`,
 * `fal/flux-2-pro`). The one exception is explained in fal.ts.
 *
 * A price that is not known is null; a capability that is not known is absent.
 * Models of local engines are discovered, not listed.
 */
export const CATALOG: readonly ModelPatch[] = [
  ...OPENAI,
  ...GOOGLE,
  ...VERTEX,
  ...ANTHROPIC,
  ...BEDROCK,
  ...SAGEMAKER,
  ...STABILITY,
  ...BFL,
  ...RECRAFT,
  ...FAL,
  ...HUGGINGFACE,
  ...DASHSCOPE,
  ...HUNYUAN,
]
