import { memoised } from '../../lib/memoised.ts'
import type { MediaSetting } from '../shared/media.ts'
import { endpointBy, type Rules } from './rules.ts'

/** How an endpoint is told the shape of the picture. */
export type ImageShape =
  /** `image_size`: a name such as `landscape_4_3`, or `{width, height}`. */
  | { by: 'image_size' }
  /** `image_size`, but only these, such as `1536x1024`. */
  | { by: 'sizes'; sizes: readonly string[] }
  | { by: 'aspect_ratio'; ratios: readonly string[] }
  /** The picture that is put in decides. */
  | { by: 'picture' }

/** What an endpoint calls the settings of a call. */
export interface ImageEndpoint {
  shape: ImageShape
  /** The field for pictures; one whose name ends in `s` takes a list. */
  pictures: string | undefined
  mask: string
  /** The field for the number of pictures; absent where an endpoint makes one. */
  count: string | undefined
  /** The field for the format, and the formats it takes. */
  format: string
  formats: readonly string[]
  /** What it takes besides shape, pictures, count and format. */
  takes: readonly MediaSetting[]
}

const bySize: ImageShape = { by: 'image_size' }
const byPicture: ImageShape = { by: 'picture' }
const byRatio = (...ratios: string[]): ImageShape => ({ by: 'aspect_ratio', ratios })

const FEW_RATIOS = ['16:9', '4:3', '1:1', '3:4', '9:16']
const USUAL_RATIOS = [...FEW_RATIOS, '21:9', '3:2', '2:3']
const IDEOGRAM_RATIOS = [...FEW_RATIOS, '16:10', '3:2', '3:1', '1:3', '2:3', '10:16']

const WITH_WEBP = ['jpeg', 'png', 'webp']
const SAMPLED: readonly MediaSetting[] = ['seed', 'guidanceScale', 'steps']
const QWEN: readonly MediaSetting[] = [...SAMPLED, 'negativePrompt']

/** What an endpoint is taken for of which the table says nothing: a diffusion model that takes all that such take. */
const USUAL: ImageEndpoint = {
  shape: bySize,
  pictures: 'image_url',
  mask: 'mask_url',
  count: 'num_images',
  format: 'output_format',
  formats: ['jpeg', 'png'],
  takes: [...SAMPLED, 'negativePrompt', 'strength', 'mask', 'loras'],
}

/**
 * In what families of endpoints differ from that. Source: the types of fal's JavaScript client 1.10.1, which
 * the tests hold the table against.
 */
const RULES: Rules<ImageEndpoint> = [
  [/\/edit(\/|$)|\/multi$|-edit-(plus|2509|2511)/, { pictures: 'image_urls' }],
  [/^fal-ai\/(fast-|lightning-models|playground-v25|realistic-vision|sdxl-|dreamshaper)/, { format: 'format' }],
  [/^fal-ai\/lora(\/|$)/, { format: 'image_format' }],

  [/^fal-ai\/flux(-1)?\//, { takes: SAMPLED }],
  [/^fal-ai\/flux(-1)?\/(dev|schnell|krea|srpo)$/, { pictures: undefined }],
  [/^fal-ai\/flux(-1)?\/.*image-to-image$/, { takes: [...SAMPLED, 'strength'], shape: byPicture }],
  [/^fal-ai\/flux-lora(\/|$)/, { takes: [...SAMPLED, 'loras'] }],
  [/^fal-ai\/flux-lora(\/stream)?$/, { pictures: undefined }],
  [/^fal-ai\/flux-lora\/image-to-image$/, { takes: [...SAMPLED, 'loras', 'strength'] }],
  [/^fal-ai\/flux-lora\/inpainting$/, { takes: [...SAMPLED, 'loras', 'strength', 'mask'] }],

  [/^fal-ai\/flux-pro\//, { takes: ['seed'] }],
  [/^fal-ai\/flux-pro\/v1\.1$/, { pictures: undefined }],
  [/^fal-ai\/flux-pro\/new$/, { pictures: undefined, takes: SAMPLED }],
  [/^fal-ai\/flux-pro\/v1\/fill/, { takes: ['seed', 'mask'], shape: byPicture }],
  [/^fal-ai\/flux-pro\/v1\.1-ultra/, { shape: byRatio(...USUAL_RATIOS, '9:21') }],
  [/^fal-ai\/flux-pro\/kontext/, { shape: byRatio(...USUAL_RATIOS, '9:21'), takes: ['seed', 'guidanceScale'] }],
  [/^fal-ai\/flux-pro\/kontext.*text-to-image$/, { pictures: undefined }],

  [/^fal-ai\/flux-2(\/|$)/, { takes: SAMPLED, formats: WITH_WEBP }],
  [/^fal-ai\/flux-2\/(flash|turbo)/, { takes: ['seed', 'guidanceScale'] }],
  [/^fal-ai\/flux-2\/lora/, { takes: [...SAMPLED, 'loras'] }],
  [/^fal-ai\/flux-2\/klein\//, { takes: ['seed', 'steps'] }],
  [/^fal-ai\/flux-2\/klein\/9b$/, { formats: ['jpeg', 'png'] }],
  [/^fal-ai\/flux-2\/klein\/\w+\/base/, { takes: QWEN }],
  [/^fal-ai\/flux-2\/klein\/.*lora$/, { takes: ['seed', 'steps', 'loras'] }],
  [/^fal-ai\/flux-2-(pro|max|flex)/, { count: undefined, takes: ['seed'] }],
  [/^fal-ai\/flux-2-flex/, { takes: SAMPLED }],
  [/^fal-ai\/flux-2((?!\/edit).)*$/, { pictures: undefined }],
  [/^fal-ai\/flux-2.*\/edit/, { pictures: 'image_urls' }],

  [/^fal-ai\/(nano-banana|gemini-[\d.]+-)/, { shape: byRatio(...USUAL_RATIOS, '5:4', '4:5') }],
  [/^fal-ai\/(nano-banana|gemini-[\d.]+-)/, { takes: ['seed'], formats: WITH_WEBP }],
  [/^fal-ai\/(nano-banana|gemini-[\d.]+-)((?!\/edit).)*$/, { pictures: undefined }],
  [/^fal-ai\/imagen[34]/, { shape: byRatio(...FEW_RATIOS), pictures: undefined, takes: ['seed'], formats: WITH_WEBP }],
  [/^fal-ai\/imagen3/, { takes: ['seed', 'negativePrompt'], formats: [] }],
  [/^fal-ai\/gpt-image-/, { shape: { by: 'sizes', sizes: ['1024x1024', '1536x1024', '1024x1536'] } }],
  [/^fal-ai\/gpt-image-/, { takes: ['quality', 'background'], formats: WITH_WEBP, pictures: undefined }],
  [/^fal-ai\/gpt-image-.*\/edit/, { pictures: 'image_urls', mask: 'mask_image_url' }],
  [/^fal-ai\/gpt-image-1\.5\/edit/, { takes: ['quality', 'background', 'mask'] }],

  [/^fal-ai\/ideogram\//, { pictures: 'image_url', formats: [], takes: ['seed'] }],
  [/^fal-ai\/ideogram\/(v3|character)$/, { pictures: 'image_urls', takes: ['seed', 'negativePrompt', 'style'] }],
  [/^fal-ai\/ideogram\/.*remix$/, { takes: ['seed', 'strength'] }],
  [/^fal-ai\/ideogram\/.*(edit|replace-background)$/, { shape: byPicture, takes: ['seed'] }],
  [/^fal-ai\/ideogram\/.*edit$/, { takes: ['seed', 'mask'] }],
  [/^fal-ai\/ideogram\/v2((?!edit).)*$/, { shape: byRatio(...IDEOGRAM_RATIOS), count: undefined }],
  [/^fal-ai\/ideogram\/v2.*edit$/, { count: undefined }],
  [/^fal-ai\/ideogram\/v2a?(\/turbo)?$/, { pictures: undefined }],
  [/^fal-ai\/ideogram\/v2(\/turbo)?$/, { takes: ['seed', 'negativePrompt', 'style'] }],
  [/^fal-ai\/ideogram\/upscale$/, { shape: byPicture, count: undefined }],
  [/^fal-ai\/recraft\/v[34]\//, { formats: [], count: undefined, pictures: undefined, takes: [] }],
  [/^fal-ai\/recraft\/v3\//, { takes: ['style'] }],
  [/^fal-ai\/recraft\/v3\/image-to-image$/, { shape: byPicture, pictures: 'image_url' }],
  [/^fal-ai\/recraft\/v3\/image-to-image$/, { takes: ['style', 'strength', 'negativePrompt'] }],
  [/^fal-ai\/bytedance\/seedream\//, { formats: [], takes: ['seed'] }],
  [/^fal-ai\/bytedance\/seedream\/v5\/lite\//, { takes: [] }],
  [/^fal-ai\/bytedance\/seedream\/.*text-to-image$/, { pictures: undefined }],
  [/^fal-ai\/luma-photon/, { shape: byRatio(...FEW_RATIOS, '21:9', '9:21'), formats: [], count: undefined, takes: [] }],
  [/^fal-ai\/luma-photon(\/flash)?$/, { pictures: undefined }],
  [/^fal-ai\/luma-photon.*\/modify$/, { takes: ['strength'] }],

  [/^fal-ai\/qwen-image/, { takes: QWEN }],
  [/^fal-ai\/qwen-image(-2512|-max|-2|-edit-plus|-edit-25\d\d)(\/|$|-lora)/, { formats: WITH_WEBP }],
  [/^fal-ai\/qwen-image(-max|-2)\//, { takes: ['seed', 'negativePrompt'] }],
  [/^fal-ai\/qwen-image(-max|-2)\/.*text-to-image$|^fal-ai\/qwen-image(-2512)?(\/lora)?$/, { pictures: undefined }],
  [/^fal-ai\/qwen-image$|^fal-ai\/qwen-image.*[-/]lora$/, { takes: [...QWEN, 'loras'] }],
  [/^fal-ai\/qwen-image.*\/image-to-image$/, { takes: [...QWEN, 'strength'] }],
  [/^fal-ai\/qwen-image.*\/inpaint$/, { takes: [...QWEN, 'strength', 'mask'] }],
  [/^fal-ai\/z-image\//, { formats: WITH_WEBP, takes: ['seed', 'steps'], mask: 'mask_image_url' }],
  [/^fal-ai\/z-image\/.*\/lora$/, { takes: ['seed', 'steps', 'loras'] }],
  [/^fal-ai\/z-image\/base$/, { takes: QWEN }],
  [/^fal-ai\/z-image\/base\/lora$/, { takes: [...QWEN, 'loras'] }],
  [/^fal-ai\/z-image\/(base|turbo)(\/lora)?$/, { pictures: undefined }],
  [/^fal-ai\/z-image\/turbo\/image-to-image$/, { takes: ['seed', 'steps', 'strength'] }],
  [/^fal-ai\/z-image\/turbo\/inpaint$/, { takes: ['seed', 'steps', 'strength', 'mask'] }],
]

/** How an endpoint is spoken to, by its id such as `fal-ai/flux/dev`. */
export const imageEndpoint = memoised((id): ImageEndpoint => endpointBy(USUAL, RULES, id))
