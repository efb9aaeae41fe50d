/** What stands behind one provider of the configuration. */
export interface Served {
  /** Id in turnout.yaml, a preset's or one of our own. */
  id: string
  /** The double's id; the provider's unless said otherwise. */
  double?: string
  /** Below the double's base URL. */
  path?: string
  /** Further members of the provider's record. */
  record?: Record<string, unknown>
  /** A word unless said otherwise. */
  credential?: string
  /** Upstream id of a text model, and what else its record says. */
  text?: { upstreamId: string; record?: Record<string, unknown> }
  image?: {
    upstreamId: string
    mediaType?: string
    /** The double cannot moderate it. */
    unmoderated?: true
    /** The result is a link, which may be gone. */
    linked?: true
  }
}

const AWS = 'AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'

/** Every provider that has a double. */
export const SERVED: readonly Served[] = [
  { id: 'openai', text: { upstreamId: 'gpt-4.1-mini' }, image: { upstreamId: 'gpt-image-2', unmoderated: true } },
  {
    id: 'openai-newer',
    double: 'openai',
    record: { adapter: 'openai' },
    text: { upstreamId: 'gpt-5.4-mini', record: { flags: { api: 'responses' } } },
  },
  { id: 'anthropic', text: { upstreamId: 'claude-sonnet-4-6' } },
  { id: 'google', text: { upstreamId: 'gemini-3.6-flash' }, image: { upstreamId: 'gemini-nano-banana-2.1' } },
  {
    id: 'vertex',
    double: 'google',
    record: { settings: { project: 'a-project' }, region: 'europe-west4' },
    text: { upstreamId: 'gemini-3.6-flash' },
    image: { upstreamId: 'imagen-4.0-generate-001' },
  },
  {
    id: 'bedrock',
    record: { region: 'us-west-2' },
    credential: AWS,
    text: { upstreamId: 'global.anthropic.claude-sonnet-4-6' },
    image: { upstreamId: 'stability.sd3-5-large-v1:0' },
  },
  {
    id: 'sagemaker',
    record: { region: 'us-east-1' },
    credential: AWS,
    text: { upstreamId: 'a-chat-endpoint' },
    image: { upstreamId: 'a-qwen-image-endpoint', unmoderated: true },
  },
  { id: 'lmstudio', path: '/v1', text: { upstreamId: 'qwen/qwen3-8b' } },
  { id: 'ollama', path: '/v1', text: { upstreamId: 'qwen3:8b' } },
  { id: 'another-server', double: 'lmstudio', path: '/v1', text: { upstreamId: 'google/gemma-3-12b' } },
  { id: 'stability', image: { upstreamId: 'core' } },
  { id: 'bfl', path: '/v1', image: { upstreamId: 'flux-2-pro', mediaType: 'image/jpeg', linked: true } },
  { id: 'recraft', path: '/v1', image: { upstreamId: 'recraftv4_1', mediaType: 'image/webp', linked: true } },
  { id: 'fal', image: { upstreamId: 'fal-ai/flux/dev', mediaType: 'image/jpeg', linked: true } },
  {
    id: 'huggingface',
    path: '/v1',
    text: { upstreamId: 'openai/gpt-oss-120b' },
    image: { upstreamId: 'black-forest-labs/FLUX.1-schnell:hf-inference', mediaType: 'image/jpeg', unmoderated: true },
  },
  { id: 'dashscope', text: { upstreamId: 'qwen3-max' }, image: { upstreamId: 'qwen-image-2.0-pro', linked: true } },
  {
    id: 'hunyuan',
    path: '/v1',
    text: { upstreamId: 'hunyuan-turbos-latest' },
    image: { upstreamId: 'HY-Image-V3.0', linked: true },
  },
]

export const envOf = ({ id }: Served): string => `${id.replaceAll('-', '_').toUpperCase()}_CREDENTIAL`

export const credentialOf = ({ id, credential }: Served): string => credential ?? `${id}-credential-4711`

/** The text of turnout.yaml for all of them. */
export function configurationOf(served: readonly Served[], baseUrl: (double: string) => string): string {
  const providers = served.map((one) => [
    one.id,
    { baseUrl: baseUrl(one.double ?? one.id) + (one.path ?? ''), credential: `env:${envOf(one)}`, ...one.record },
  ])
  const models = served.flatMap(({ id, text, image }) => [
    ...(text
      ? [{ id: `${id}-writer`, provider: id, upstreamId: text.upstreamId, output: ['text'], ...text.record }]
      : []),
    ...(image ? [{ id: `${id}-painter`, provider: id, upstreamId: image.upstreamId, output: ['image'] }] : []),
  ])
  return JSON.stringify({
    providers: Object.fromEntries(providers) as object,
    models,
    discovery: false,
    retry: { maxRetries: 0 },
  })
}
