import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PRESETS } from './catalog/providers.ts'
import { detectProvider } from './detect.ts'

const TABLE: Record<string, string[]> = {
  openai: [
    'dall-e-3',
    'DALL-E 3',
    'DALL·E 3',
    'Dall E 2',
    'dalle',
    'dalle3',
    'my dalle model',
    'GPT-4o',
    'gpt4o',
    'ＧＰＴ-4',
    'ChatGPT',
    'chatgpt-image-latest',
    'gpt-image-2.6-sunburst',
    'gpt-oss-120b',
    'openai/gpt-6-luna',
    'o1',
    'O3',
    'o4-mini',
    'o3-mini-2025-01-31',
    'openai o3',
    'text-embedding-3-small',
    '🎨 gpt-image-2',
  ],
  google: [
    'gemini',
    'Gemini 3.8 Flash',
    'gemini-2.0-flash-exp-image-generation',
    'google/gemini-3-pro-image',
    'Imagen 3.0',
    'imagen-4.0-generate-001',
    'imagen4',
    'Nano Banana',
    'nano-banana-pro',
    'veo-3.1',
    'gemini-embedding-001',
  ],
  stability: [
    'Stable Diffusion 3.5',
    'stable-diffusion-xl-base-1.0',
    'Stable_Diffusion',
    'sd',
    'SD3',
    'sd3.5-large',
    'sd15',
    'sdxl',
    'SDXL-Turbo',
    'sd-turbo',
    'stable image ultra',
    'stability-ai',
  ],
  bfl: [
    'flux',
    'FLUX.1 [dev]',
    'flux2',
    'flux-kontext-pro',
    'bfl',
    'Black Forest Labs',
    'black-forest-labs/FLUX.1-dev',
  ],
  recraft: ['recraft', 'Recraft V3', 'recraftv4_1_vector', 'recraft20b'],
  bedrock: [
    'nova',
    'Amazon Nova Canvas',
    'amazon.nova-canvas-v1:0',
    'nova-2-lite',
    'Stable Diffusion on Bedrock',
    'bedrock/sd3.5',
    'Claude Sonnet (Bedrock)',
    'stability.sd3-5-large-v1:0',
    'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'global.anthropic.claude-opus-5',
    'qwen.qwen3-235b-a22b-2507-v1:0',
    'openai.gpt-oss-120b-1:0',
    'arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.anthropic.claude-sonnet-5',
    'ARN:AWS-US-GOV:BEDROCK:us-gov-west-1::foundation-model/meta.llama3',
  ],
  hunyuan: ['Hunyuan', 'hunyuan-image-3.0', 'HunyuanVideo', '混元大模型'],
  dashscope: [
    'Qwen',
    'qwen-image-plus',
    'qwen2.5-72b',
    '通义千问',
    'wan',
    'Wan2.6',
    'wan2.6-t2v',
    'wanx-v1',
    'Alibaba Wan',
  ],
  anthropic: ['Claude', 'claude-sonnet-4-6', 'CLAUDE 3 Opus', 'anthropic/claude-haiku-4-5'],
  fal: ['fal-ai/flux/dev', 'FAL-AI/FLUX-LORA', 'flux on fal', 'fal.ai fast sdxl'],
  huggingface: [
    'hf:meta-llama/Llama-3.3-70B-Instruct',
    'huggingface/Qwen/Qwen-Image',
    'black-forest-labs/FLUX.1-dev:fal-ai',
    'openai/gpt-oss-120b:cerebras',
    'deepseek-ai/DeepSeek-V3:fastest',
    'GPT-2 on Hugging Face',
  ],
  lmstudio: ['gpt-oss on LM Studio', 'lmstudio/qwen3', 'LM-Studio: claude-like', 'lmstudio-community/gemma-3'],
  ollama: ['llama3 (ollama)', 'qwen2.5:7b on ollama', 'Ollama'],
  sagemaker: ['sagemaker/qwen-image', 'Wan on SageMaker', 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/flux'],
  'openai-compatible': [
    '',
    '   ',
    '\n\t',
    '???',
    '🙂',
    'renovate',
    'innovation',
    'supernova-lite',
    'casanova',
    'sdk helper',
    'sdkjs',
    'influx',
    'influxdb',
    'fluxus',
    'wander',
    'swan',
    'Obi-Wan',
    'taiwan-llm',
    'o3de engine',
    'proto3',
    'co1',
    'gpt4all',
    'minigpt-4',
    'imagenet-classifier',
    'image-maker',
    'bananas',
    'recrafted',
    'claudette',
    'dallas',
    'false friend',
    'llama-3.3-70b-instruct',
    'mistral-large',
    'meta-llama/Llama-3.3-70B-Instruct',
    'library/llama3:8b',
    'openai-compatible server',
    'my own model',
    'modèle à moi',
    '自己的模型',
  ],
}

const rows = Object.entries(TABLE).flatMap(([provider, names]) =>
  names.map((name): [string, string] => [name, provider]),
)

describe('detectProvider', () => {
  it.each(rows)('%j is served by %s', (name, provider) => {
    expect(detectProvider(name).provider).toBe(provider)
  })

  it('says why', () => {
    expect(detectProvider('FLUX.1 [dev]').reason).toBe('FLUX is a model of Black Forest Labs')
    expect(detectProvider('gpt-oss on LM Studio').reason).toBe('the name says LM Studio')
    expect(detectProvider(' ').reason).toBe('the name is blank')
    expect(detectProvider('my own model').reason).toMatch(/names no provider/)
  })

  it('answers a provider that exists, whatever the name, and the same in any case of letters', () => {
    const known = new Set([...PRESETS.map(({ id }) => id), 'openai-compatible'])
    const piece = fc.constantFrom(...rows.map(([name]) => name))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.tuple(piece, fc.string(), piece).map((a) => a.join(' ')),
        ),
        (name) => {
          const found = detectProvider(name)
          expect(known).toContain(found.provider)
          expect(found.reason).not.toBe('')
        },
      ),
    )
    for (const [name, provider] of rows) expect(detectProvider(name.toLowerCase()).provider).toBe(provider)
  })

  it('ends on a very long name', () => {
    expect(detectProvider('a-'.repeat(50_000)).provider).toBe('openai-compatible')
    expect(detectProvider(`${'us.'.repeat(50_000)}!`).provider).toBe('openai-compatible')
  })
})
