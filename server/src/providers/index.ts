import type { ProviderAdapter } from '../core/adapter.ts'
import { anthropic } from './anthropic.ts'
import { bedrock } from './bedrock.ts'
import { bfl } from './bfl.ts'
import { dashscope } from './dashscope.ts'
import { fal } from './fal.ts'
import { google } from './google.ts'
import { huggingface } from './huggingface.ts'
import { hunyuan } from './hunyuan.ts'
import { lmstudio } from './lmstudio.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openAICompatible } from './openai-compatible.ts'
import { recraft } from './recraft.ts'
import { sagemaker } from './sagemaker.ts'
import { stability } from './stability.ts'
import { vertex } from './vertex.ts'

const adapters: readonly ProviderAdapter[] = [
  anthropic,
  bedrock,
  bfl,
  dashscope,
  fal,
  google,
  huggingface,
  hunyuan,
  lmstudio,
  ollama,
  openai,
  openAICompatible,
  recraft,
  sagemaker,
  stability,
  vertex,
]

/** Every adapter, by its id. */
export const ADAPTERS: ReadonlyMap<string, ProviderAdapter> = new Map(adapters.map((adapter) => [adapter.id, adapter]))
