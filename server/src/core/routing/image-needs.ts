import type { Modality } from '@turnout/contract'
import { isGiven } from '../../lib/objects.ts'
import { parseSize, type Size } from '../image/size.ts'
import { type Capability, estimateTokens, type Needs } from './needs.ts'

/** What of a request for pictures decides who can make them, in either of our dialects. */
export interface PictureWish {
  prompt: string
  count?: number | null | undefined
  /** `WIDTHxHEIGHT`; anything else leaves it open. */
  size?: string | null | undefined
  width?: number | undefined
  height?: number | undefined
  pictures?: number
  mask?: boolean
  streamed?: boolean
  transparent?: boolean
  settings?: Readonly<Record<string, string>>
  /** Settings that some models have no notion of. */
  negativePrompt?: unknown
  guidanceScale?: unknown
  steps?: unknown
  seed?: unknown
  loras?: unknown
}

function sizeOf({ size, width, height }: PictureWish): Size | undefined {
  if (size && /^\d+x\d+$/.test(size)) return parseSize(size)
  return width !== undefined && height !== undefined ? { width, height } : undefined
}

export function imageNeeds(wish: PictureWish, metadata: Needs['metadata']): Needs {
  const { pictures = 0, streamed = false } = wish
  const wanted: [unknown, Capability][] = [
    [streamed || undefined, 'streaming'],
    [pictures > 0 || undefined, 'imageInput'],
    [wish.mask || undefined, 'mask'],
    [wish.transparent || undefined, 'transparency'],
    [wish.negativePrompt, 'negativePrompt'],
    [wish.guidanceScale, 'guidance'],
    [wish.steps, 'steps'],
    [wish.seed, 'seed'],
    [wish.loras, 'lora'],
  ]
  const input: Modality[] = pictures > 0 ? ['text', 'image'] : ['text']
  return {
    output: 'image',
    input,
    capabilities: wanted.flatMap(([value, capability]) => (isGiven(value) ? [capability] : [])),
    streamed,
    inputTokens: estimateTokens(Buffer.byteLength(wish.prompt)),
    promptCharacters: wish.prompt.length,
    images: wish.count ?? 1,
    inputImages: pictures,
    size: sizeOf(wish),
    ...(wish.settings && { settings: wish.settings }),
    metadata,
  }
}
