import type { MappedSetting } from '../image/request.ts'
import type { VideoCall } from '../media.ts'
import type { Picture } from '../text.ts'

/** A request for videos in no dialect, before it is fitted to a model. */
export interface VideoRequest {
  /** Empty where the model takes none. */
  prompt: string
  negativePrompt?: string
  width?: number
  height?: number
  /** Such as `16:9`. */
  aspectRatio?: string
  /** Such as `720p` or `4k`. */
  resolution?: string
  seconds?: number
  framesPerSecond?: number
  audio?: boolean
  /** Every provider makes one per call: the caller makes as many calls, each further one with the next seed. */
  count: number
  seed?: number
  /** The first is the first frame, unless the model takes them as references. */
  pictures?: Picture[]
  lastFrame?: Picture
  /** In the provider's own words. */
  inputs?: Readonly<Record<string, unknown>>
  /** They have been held against the model's schema, as a part of all that the client sent. */
  inputsChecked?: true
}

/** What the settings are called in the dialect of the request, where that is not as here. */
export type VideoSettingNames = Readonly<Partial<Record<keyof VideoRequest | 'size', string>>>

/** A request as its model takes it. */
export interface FittedVideo {
  /** For one call; without the pictures, which may have to be fetched. */
  settings: Omit<VideoCall, 'model' | 'defaults' | 'pictures' | 'lastFrame'>
  /** How many such calls were asked for. */
  count: number
  mapped: MappedSetting[]
}
