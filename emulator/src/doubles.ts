import { anthropic } from './anthropic/double.ts'
import { bedrock } from './bedrock/double.ts'
import { bfl } from './bfl/double.ts'
import { dashscope } from './dashscope/double.ts'
import type { ProviderDouble } from './double.ts'
import { fal } from './fal/double.ts'
import { google } from './google/double.ts'
import { huggingface } from './huggingface/double.ts'
import { hunyuan } from './hunyuan/double.ts'
import { lmstudio } from './lmstudio/double.ts'
import { ollama } from './ollama/double.ts'
import { openai } from './openai/double.ts'
import { recraft } from './recraft/double.ts'
import { s3 } from './s3/double.ts'
import { sagemaker } from './sagemaker/double.ts'
import { stability } from './stability/double.ts'

/** All providers; paths of none of them belong to the first one. */
export const DOUBLES: readonly [ProviderDouble, ...ProviderDouble[]] = [
  openai,
  anthropic,
  google,
  bedrock,
  sagemaker,
  s3,
  lmstudio,
  ollama,
  stability,
  bfl,
  recraft,
  fal,
  huggingface,
  dashscope,
  hunyuan,
]
