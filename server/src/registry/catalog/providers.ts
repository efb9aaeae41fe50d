import type { Flags, Timeouts } from '@turnout/contract'

/** What is known of a provider before anything is configured. */
export interface ProviderPreset {
  id: string
  name: string
  /** Id of the adapter that speaks its protocol. */
  adapter: string
  /**
   * Without a trailing slash; may contain `{region}`. With or without a version
   * path as the vendor's own SDK has it, so that its environment variable fits.
   */
  baseUrl: string
  /**
   * Environment variables that may hold the credential; the first that is set
   * wins. `A:B` is a credential of two parts, `?` marks a part that may be missing.
   */
  credentials: readonly string[]
  /** Variables by which the provider's own library finds a credential without our reading any. */
  ambient?: readonly string[]
  /** Environment variable that takes the place of `baseUrl`. */
  baseUrlVariable: string
  regionVariable?: string
  /** Variables that may hold a setting of the adapter; the first that is set wins. */
  settings?: Readonly<Record<string, readonly string[]>>
  defaultRegion?: string
  /** Runs on a machine of the user's own: no credential needed, nothing to pay. */
  local: boolean
  flags: Flags
  maxConnections: number
  timeouts?: Timeouts
  docs: string
  /** What is to be done before it has models, where a credential is not enough. */
  setup?: string
}

/** Hosted providers bound concurrency themselves (429); ours only keeps a runaway client from using up all sockets. */
const HOSTED = { local: false, flags: {}, maxConnections: 8192 }

/** What AWS's own tools read. `AWS_ID` and `AWS_SECRET` are an older pair of names. */
const AWS_KEYS = ['AWS_ACCESS_KEY_ID:AWS_SECRET_ACCESS_KEY:AWS_SESSION_TOKEN?', 'AWS_ID:AWS_SECRET']
const AWS_AMBIENT = [
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
]

/** A local engine may load a model of many gigabytes before the first token, and queues what it cannot run at once. */
const LOCAL = {
  local: true,
  flags: { tokenField: 'max_tokens', developerRole: false },
  maxConnections: 256,
  timeouts: { firstPartMs: 600_000, totalMs: 3_600_000 },
} satisfies Partial<ProviderPreset>

export const PRESETS: readonly ProviderPreset[] = [
  {
    ...HOSTED,
    id: 'openai',
    name: 'OpenAI',
    adapter: 'openai',
    baseUrl: 'https://api.openai.com/v1',
    credentials: ['OPENAI_API_KEY'],
    baseUrlVariable: 'OPENAI_BASE_URL',
    docs: 'https://developers.openai.com/api/reference',
  },
  {
    ...HOSTED,
    id: 'google',
    name: 'Google Gemini API',
    adapter: 'google',
    baseUrl: 'https://generativelanguage.googleapis.com',
    credentials: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    baseUrlVariable: 'GOOGLE_GEMINI_BASE_URL',
    docs: 'https://ai.google.dev/gemini-api/docs',
  },
  {
    ...HOSTED,
    id: 'vertex',
    name: 'Google Vertex AI',
    adapter: 'vertex',
    baseUrl: 'https://{region}-aiplatform.googleapis.com',
    // The JSON document of a service account; the ambient variable names the file that holds one.
    credentials: ['VERTEX_CREDENTIALS'],
    ambient: ['GOOGLE_APPLICATION_CREDENTIALS'],
    baseUrlVariable: 'GOOGLE_VERTEX_BASE_URL',
    regionVariable: 'GOOGLE_CLOUD_LOCATION',
    defaultRegion: 'global',
    settings: { project: ['GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT'] },
    docs: 'https://cloud.google.com/vertex-ai/generative-ai/docs',
  },
  {
    ...HOSTED,
    id: 'anthropic',
    name: 'Anthropic',
    adapter: 'anthropic',
    baseUrl: 'https://api.anthropic.com',
    credentials: ['ANTHROPIC_API_KEY'],
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    docs: 'https://platform.claude.com/docs/en/api/overview',
  },
  {
    ...HOSTED,
    id: 'bedrock',
    name: 'Amazon Bedrock',
    adapter: 'bedrock',
    baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
    credentials: ['AWS_BEARER_TOKEN_BEDROCK', ...AWS_KEYS],
    ambient: AWS_AMBIENT,
    baseUrlVariable: 'BEDROCK_BASE_URL',
    regionVariable: 'AWS_REGION',
    defaultRegion: 'us-west-2',
    docs: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/welcome.html',
  },
  {
    ...HOSTED,
    id: 'sagemaker',
    name: 'Amazon SageMaker',
    adapter: 'sagemaker',
    baseUrl: 'https://runtime.sagemaker.{region}.amazonaws.com',
    // A Bedrock bearer key does not open SageMaker: its runtime takes Signature Version 4 alone.
    credentials: AWS_KEYS,
    ambient: AWS_AMBIENT,
    baseUrlVariable: 'SAGEMAKER_BASE_URL',
    regionVariable: 'AWS_REGION',
    defaultRegion: 'us-west-2',
    docs: 'https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Runtime.html',
    setup:
      'Its models are endpoints of your account: enable sagemaker/qwen-image or sagemaker/wan with the name of an endpoint as upstreamId, or describe a model of your own.',
  },
  {
    ...HOSTED,
    id: 'stability',
    name: 'Stability AI',
    adapter: 'stability',
    baseUrl: 'https://api.stability.ai',
    credentials: ['STABILITY_API_KEY'],
    baseUrlVariable: 'STABILITY_BASE_URL',
    docs: 'https://platform.stability.ai/docs/api-reference',
  },
  {
    ...HOSTED,
    id: 'bfl',
    name: 'Black Forest Labs',
    adapter: 'bfl',
    baseUrl: 'https://api.bfl.ai/v1',
    credentials: ['BFL_API_KEY'],
    baseUrlVariable: 'BFL_BASE_URL',
    // Pictures are there within seconds; a task that is not has been lost.
    timeouts: { totalMs: 120_000 },
    docs: 'https://docs.bfl.ai',
  },
  {
    ...HOSTED,
    id: 'recraft',
    name: 'Recraft',
    adapter: 'recraft',
    baseUrl: 'https://external.api.recraft.ai/v1',
    credentials: ['RECRAFT_API_TOKEN', 'RECRAFT_API_KEY'],
    baseUrlVariable: 'RECRAFT_BASE_URL',
    docs: 'https://www.recraft.ai/docs',
  },
  {
    ...HOSTED,
    id: 'fal',
    name: 'fal',
    adapter: 'fal',
    baseUrl: 'https://queue.fal.run',
    credentials: ['FAL_KEY', 'FAL_API_KEY'],
    baseUrlVariable: 'FAL_BASE_URL',
    docs: 'https://docs.fal.ai',
  },
  {
    ...HOSTED,
    id: 'huggingface',
    name: 'Hugging Face Inference Providers',
    adapter: 'huggingface',
    baseUrl: 'https://router.huggingface.co',
    credentials: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
    baseUrlVariable: 'HUGGINGFACE_BASE_URL',
    docs: 'https://huggingface.co/docs/inference-providers',
  },
  {
    ...HOSTED,
    id: 'dashscope',
    name: 'Alibaba Cloud Model Studio',
    adapter: 'dashscope',
    // The international host: credential, model and host must be of one region.
    baseUrl: 'https://dashscope-intl.aliyuncs.com',
    credentials: ['DASHSCOPE_API_KEY'],
    baseUrlVariable: 'DASHSCOPE_BASE_URL',
    docs: 'https://www.alibabacloud.com/help/en/model-studio',
  },
  {
    ...HOSTED,
    id: 'hunyuan',
    name: 'Tencent Hunyuan',
    adapter: 'hunyuan',
    baseUrl: 'https://api.hunyuan.cloud.tencent.com/v1',
    credentials: ['HUNYUAN_API_KEY', 'TENCENTCLOUD_SECRET_ID:TENCENTCLOUD_SECRET_KEY'],
    baseUrlVariable: 'HUNYUAN_BASE_URL',
    docs: 'https://cloud.tencent.com/document/product/1729',
  },
  {
    ...LOCAL,
    id: 'lmstudio',
    name: 'LM Studio',
    adapter: 'lmstudio',
    baseUrl: 'http://localhost:1234/v1',
    credentials: ['LM_API_TOKEN', 'LMSTUDIO_API_KEY'],
    baseUrlVariable: 'LMSTUDIO_BASE_URL',
    docs: 'https://lmstudio.ai/docs/developer',
  },
  {
    ...LOCAL,
    id: 'ollama',
    name: 'Ollama',
    adapter: 'ollama',
    baseUrl: 'http://localhost:11434/v1',
    credentials: ['OLLAMA_API_KEY'],
    baseUrlVariable: 'OLLAMA_BASE_URL',
    docs: 'https://docs.ollama.com/api',
  },
]
