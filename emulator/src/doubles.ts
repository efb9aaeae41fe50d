import { anthropic } from './anthropic/double.ts'
import { bedrock } from './bedrock/double.ts'
import type { ProviderDouble } from './double.ts'
import { google } from './google/double.ts'
import { lmstudio } from './lmstudio/double.ts'
import { ollama } from './ollama/double.ts'
import { openai } from './openai/double.ts'
import { s3 } from './s3/double.ts'
import { sagemaker } from './sagemaker/double.ts'

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
]
