/** Which provider serves a model, and how that was found. */
export interface Detection {
  provider: string
  reason: string
}

interface Rule {
  provider: string
  /** Tested on the name in lower case, compatibility forms (full width and the like) folded. */
  pattern: RegExp
  reason: string
}

/** Not inside a longer word: `nova` in "renovate" and "supernova" is no Nova, in "nova2" and "amazon-nova" it is. */
const word = (source: string) => new RegExp(`(?<![\\p{L}\\p{N}])(?:${source})(?!\\p{L})`, 'u')

/** Makers and regions that Bedrock's model ids and inference profiles start with. */
const BEDROCK_ID = new RegExp(
  '^(?:(?:us|us-gov|eu|apac|ap|jp|au|ca|in|global)\\.)?' +
    '(?:ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|' +
    'stability|twelvelabs|writer|zai)' +
    '\\.(?=[^:]*[-\\d])[a-z0-9][a-z0-9.-]*(?::\\d+(?::\\w+)?)?$',
)

/** Policies and partners that may follow a repository after a colon at Hugging Face's router. */
const ROUTED =
  'fastest|cheapest|preferred|baseten|cerebras|cohere|deepinfra|fal-ai|featherless-ai|fireworks-ai|groq|' +
  'hf-inference|novita|nscale|ovhcloud|publicai|replicate|sambanova|scaleway|together|wavespeed|zai-org'

/**
 * The first rule that matches wins: who serves a model stands before who made
 * it, and forms that only one provider has stand before words.
 */
const RULES: readonly Rule[] = [
  { provider: 'lmstudio', pattern: word('lm[\\s_-]*studio'), reason: 'the name says LM Studio' },
  { provider: 'ollama', pattern: word('ollama'), reason: 'the name says Ollama' },
  { provider: 'sagemaker', pattern: /^arn:aws[a-z-]*:sagemaker:/, reason: 'the name is an ARN of SageMaker' },
  { provider: 'sagemaker', pattern: word('sage[\\s_-]*maker'), reason: 'the name says SageMaker' },
  { provider: 'bedrock', pattern: /^arn:aws[a-z-]*:bedrock:/, reason: 'the name is an ARN of Bedrock' },
  { provider: 'bedrock', pattern: word('bedrock'), reason: 'the name says Bedrock' },
  { provider: 'bedrock', pattern: BEDROCK_ID, reason: "the name has the form of Bedrock's model ids" },
  { provider: 'fal', pattern: /^fal-ai\//, reason: 'the name is an endpoint of fal ("fal-ai/...")' },
  {
    provider: 'huggingface',
    pattern: /^(?:hf:|(?:hf|huggingface)\/)/,
    reason: 'the name starts with the marker of Hugging Face',
  },
  {
    provider: 'huggingface',
    pattern: new RegExp(`^[\\w.-]+/[\\w.-]+:(?:${ROUTED})$`),
    reason: "the name is a repository with a provider of Hugging Face's router",
  },
  { provider: 'huggingface', pattern: word('hugging[\\s_-]*face'), reason: 'the name says Hugging Face' },
  { provider: 'fal', pattern: word('fal(?:[\\s.-]?ai)?'), reason: 'the name says fal' },
  {
    provider: 'openai-compatible',
    pattern: word('openai[\\s_-]*(?:compatible|like)'),
    reason: 'the name says OpenAI-compatible',
  },
  { provider: 'dashscope', pattern: word('dashscope'), reason: 'the name says DashScope' },
  { provider: 'openai', pattern: word('dall[^\\p{L}\\p{N}]{0,3}e'), reason: 'DALL-E is a model of OpenAI' },
  // GPT4All is a local engine of other makers.
  { provider: 'openai', pattern: word('(?:chat)?gpt(?![\\s-]?4[\\s-]?all)'), reason: 'GPT is a model of OpenAI' },
  {
    provider: 'openai',
    pattern: /^(?:openai[\s/_-]+)?o[1-9](?:-(?:mini|pro|preview|deep-research))?(?:-\d{4}-\d\d-\d\d)?$/,
    reason: 'the name is one of the o-series of OpenAI',
  },
  { provider: 'openai', pattern: word('text-embedding-(?:3|ada)'), reason: 'the name is an embedding model of OpenAI' },
  { provider: 'google', pattern: word('gemini'), reason: 'Gemini is a model of Google' },
  { provider: 'google', pattern: word('imagen'), reason: 'Imagen is a model of Google' },
  { provider: 'google', pattern: word('nano[\\s_-]?banana'), reason: 'Nano Banana is an image model of Google' },
  { provider: 'google', pattern: word('veo'), reason: 'Veo is a video model of Google' },
  { provider: 'anthropic', pattern: word('claude'), reason: 'Claude is a model of Anthropic' },
  { provider: 'recraft', pattern: word('recraft(?:v?\\d\\w*)?'), reason: 'Recraft serves its own models' },
  { provider: 'hunyuan', pattern: /(?<![\p{L}\p{N}])hunyuan|混元/u, reason: 'Hunyuan is a model of Tencent' },
  {
    provider: 'bfl',
    pattern: word('flux|bfl|black[\\s_-]?forest'),
    reason: 'FLUX is a model of Black Forest Labs',
  },
  {
    provider: 'stability',
    pattern: word('stable[\\s_-]*(?:diffusion|image)(?:xl)?|stability[\\s._-]*ai|sdxl|sd'),
    reason: 'Stable Diffusion and Stable Image are models of Stability AI',
  },
  { provider: 'bedrock', pattern: word('nova|amazon[\\s_-]*titan'), reason: 'Nova and Titan are models of Bedrock' },
  {
    provider: 'dashscope',
    pattern: /(?<![\p{L}\p{N}])(?:qwen|qwq|qvq)|通义|千问|万相/u,
    reason: 'Qwen is a model of Alibaba Cloud',
  },
  // A short token that is a name too (Obi-Wan): only alone, first, or with a version or task behind it.
  {
    provider: 'dashscope',
    pattern:
      /^wan(?:x)?(?:$|[\s_-]?(?:v?\d|video|image|t2|i2))|(?<![\p{L}\p{N}])(?:alibaba|tongyi)[\s_-]+wan(?!\p{L})|[\s/(]wan[\s_-]?v?\d/u,
    reason: 'Wan is a model of Alibaba Cloud',
  },
  { provider: 'openai', pattern: word('openai'), reason: 'the name says OpenAI' },
]

/**
 * The provider of a model from its name alone; what is configured always wins
 * over it. Never throws; a name that no rule knows is `openai-compatible`.
 */
export function detectProvider(name: string): Detection {
  const folded = name.normalize('NFKC').trim().toLowerCase()
  if (folded === '') return { provider: 'openai-compatible', reason: 'the name is blank' }
  const rule = RULES.find(({ pattern }) => pattern.test(folded))
  if (rule) return { provider: rule.provider, reason: rule.reason }
  return { provider: 'openai-compatible', reason: 'the name names no provider and no model family that is known' }
}
