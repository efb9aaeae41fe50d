import type { CallOptions, PictureInput, Served } from './common.ts'

export interface ImageSettings extends CallOptions {
  prompt: string
  negativePrompt?: string
  /** In pixels; given together. */
  width?: number
  height?: number
  /** Such as `16:9`, instead of width and height. */
  aspectRatio?: string
  guidanceScale?: number
  steps?: number
  /** How many pictures, 1 unless said otherwise; by several calls where the model makes fewer at once. */
  count?: number
  seed?: number
  /** Pictures to start from or to refer to. */
  images?: readonly PictureInput[]
  /** Where the first picture is to be painted anew. */
  mask?: PictureInput
  /** How far to depart from the first picture: 0 keeps it, 1 ignores it. */
  strength?: number
  loras?: readonly { path: string; scale?: number }[]
  style?: string
  quality?: string
  background?: 'transparent' | 'opaque' | 'auto'
  outputFormat?: 'png' | 'jpeg' | 'webp' | 'svg' | 'gif'
  /** Settings in the provider's own words, checked against the inputs of the model's record. */
  inputs?: Readonly<Record<string, unknown>>
}

export type ImageCall<Where> = Where & ImageSettings

/** A picture: its bytes or, where they could not be fetched, the provider's own address for it. */
export type GeneratedPicture = {
  mediaType: string
  revisedPrompt?: string
  /** The seed it was made with, where the provider tells. */
  seed?: number
} & ({ bytes: Uint8Array; url?: undefined } | { url: string; bytes?: undefined })

/** A setting that the model takes in another form, and what was sent instead. */
export interface Mapped {
  setting: string
  asked: unknown
  used: unknown
  reason: string
}

export interface ImageAnswer extends Served {
  /** At least one. Fewer than were asked for come with a warning that says why. */
  images: GeneratedPicture[]
  mapped: Mapped[]
}

export interface ImageCalls<Where> {
  /** @throws TurnoutError; `unknown_outcome` where a picture may have been made and paid for */
  generate(call: ImageCall<Where>): Promise<ImageAnswer>
}

export type EmbedCall<Where> = Where &
  CallOptions & {
    texts: string | readonly string[]
    /** Length of the vectors, where the model has several. */
    dimensions?: number
  }

export interface EmbedAnswer extends Served {
  /** In the order of the texts. */
  vectors: number[][]
}
