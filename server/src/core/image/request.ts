import type { ImageCall } from '../media.ts'
import type { Picture } from '../text.ts'

/** A request for pictures in no dialect, before it is fitted to a model. */
export interface ImageRequest {
  prompt: string
  negativePrompt?: string
  width?: number
  height?: number
  /** Such as `16:9`. */
  aspectRatio?: string
  guidanceScale?: number
  steps?: number
  count: number
  seed?: number
  pictures?: Picture[]
  mask?: Picture
  strength?: number
  loras?: { path: string; scale?: number }[]
  style?: string
  quality?: string
  background?: 'transparent' | 'opaque' | 'auto'
  outputFormat?: string
  /** In the provider's own words. */
  inputs?: Readonly<Record<string, unknown>>
  /** They have been held against the model's schema, as a part of all that the client sent. */
  inputsChecked?: true
}

/** What the settings are called in the dialect of the request, where that is not as here. */
export type SettingNames = Readonly<Partial<Record<keyof ImageRequest | 'size', string>>>

/** A setting that was sent otherwise than it was asked for. */
export interface MappedSetting {
  setting: string
  asked: unknown
  used: unknown
  reason: string
}

/** A request as its model takes it. */
export interface FittedImage {
  /** Without the pictures, which may have to be fetched, and with the count of the whole request. */
  settings: Omit<ImageCall, 'model' | 'defaults' | 'pictures' | 'mask'>
  mapped: MappedSetting[]
}
