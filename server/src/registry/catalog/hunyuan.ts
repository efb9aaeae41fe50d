import type { Capabilities, ModelPatch } from '@turnout/contract'
import { choice, flag, integer, objectSchema, text } from './build.ts'

/** Tencent spreads Hunyuan over several hosts, so most records carry their own base URL. Prices are not known. */

/** The classic API signs with a pair of secrets, where the others take one. */
const CLASSIC_CREDENTIAL = 'env:TENCENTCLOUD_SECRET_ID:TENCENTCLOUD_SECRET_KEY'

const CLASSIC_SIZES = ['768x768', '768x1024', '1024x768', '1024x1024', '720x1280', '1280x720', '768x1280', '1280x768']

/** None of the three image APIs knows these. */
const NEVER: Capabilities = { guidance: false, steps: false, lora: false, mask: false }

export const HUNYUAN: readonly ModelPatch[] = [
  {
    id: 'hunyuan-turbos-latest',
    provider: 'hunyuan',
    input: ['text'],
    output: ['text'],
    capabilities: { streaming: true },
    prices: null,
  },
  {
    id: 'hy3-preview',
    provider: 'hunyuan',
    baseUrl: 'https://tokenhub.tencentmaas.com/v1',
    input: ['text'],
    output: ['text'],
    capabilities: { streaming: true },
    limits: { contextTokens: 256_000, outputTokens: 128_000 },
    prices: null,
  },
  {
    id: 'hy-image-v3.0',
    name: 'HY-Image-V3.0',
    aliases: ['hunyuan-image-3.0', 'hunyuan-image-3'],
    provider: 'hunyuan',
    upstreamId: 'HY-Image-V3.0',
    baseUrl: 'https://api.cloudai.tencent.com/v1',
    input: ['text', 'image'],
    output: ['image'],
    capabilities: { ...NEVER, seed: true, imageInput: true, negativePrompt: false },
    limits: { images: 1 },
    inputs: objectSchema({ revise: flag(), logo_add: flag() }),
    prices: null,
  },
  {
    id: 'hy-image-lite',
    provider: 'hunyuan',
    baseUrl: 'https://tokenhub.tencentmaas.com/v1',
    input: ['text'],
    output: ['image'],
    capabilities: { ...NEVER, seed: false, imageInput: false, negativePrompt: false },
    limits: { images: 1 },
    prices: null,
  },
  {
    id: 'hunyuan-image',
    description: 'The classic job API; requests are signed with TC3-HMAC-SHA256.',
    provider: 'hunyuan',
    upstreamId: 'SubmitHunyuanImageJob',
    baseUrl: 'https://hunyuan.tencentcloudapi.com',
    credential: CLASSIC_CREDENTIAL,
    region: 'ap-guangzhou',
    input: ['text', 'image'],
    output: ['image'],
    capabilities: { ...NEVER, seed: true, negativePrompt: true, imageInput: true },
    limits: { promptCharacters: 1024, images: 4, inputImages: 1, sizes: CLASSIC_SIZES },
    inputs: objectSchema({
      Style: text(),
      Clarity: choice('x2', 'x4'),
      Revise: integer(0, 1),
      LogoAdd: integer(0, 1),
    }),
    prices: null,
  },
  {
    id: 'hunyuan-image-lite',
    description: 'The classic API in one synchronous call; requests are signed with TC3-HMAC-SHA256.',
    provider: 'hunyuan',
    upstreamId: 'TextToImageLite',
    baseUrl: 'https://hunyuan.tencentcloudapi.com',
    credential: CLASSIC_CREDENTIAL,
    region: 'ap-guangzhou',
    input: ['text'],
    output: ['image'],
    capabilities: { ...NEVER, seed: true, negativePrompt: true, imageInput: false },
    limits: { promptCharacters: 256, images: 1, sizes: [...CLASSIC_SIZES, '1080x1920', '1920x1080'] },
    prices: null,
  },
]
