import type { TransformSettings } from '@turnout/contract'
import type { ImageRequest, SettingNames } from '../image/request.ts'
import type { VideoRequest, VideoSettingNames } from '../video/request.ts'

/** What a reference is expected to lead to. `weights` are those of a LoRA, which no provider takes inline. */
export type ReferenceKind = 'image' | 'video' | 'audio' | 'weights' | 'file'

/** A file that a request names: nothing has been fetched or checked yet. */
export interface MediaReference {
  /** As the client calls it, for messages: `inputs.image_url`, `inputs.image_urls[1]`. */
  path: string
  /** As the client wrote it: an http, https, s3 or data URL, or the id of an upload or an artifact. */
  value: string
  kind: ReferenceKind
  /** Where what it leads to belongs in the request, such as `['pictures', 0]` or `['inputs', 'audio_url']`. */
  at: readonly (string | number)[]
}

/** What a client asks a model for, in its model's words. */
export interface MediaInput {
  inputs?: Readonly<Record<string, unknown>>
  options?: Readonly<Record<string, unknown>>
}

interface Read {
  /** Every file that the request names, in the order in which it stands in it. */
  references: MediaReference[]
}

/**
 * A checked request, and what its settings are called in it. It is plain JSON.
 * Until `withMedia` has put in what the references lead to, they stand in it
 * as the client wrote them, pictures as `{url}`.
 */
export type MediaRequest =
  | (Read & { kind: 'image'; request: ImageRequest; names: SettingNames })
  | (Read & { kind: 'video'; request: VideoRequest; names: VideoSettingNames })

/** What an input of a client is, once it is read. */
export type Reading =
  | { to: 'setting'; setting: keyof TransformSettings }
  | { to: 'side'; side: 'width' | 'height' }
  | { to: 'size'; form: 'object' | 'text' }
  /** With a slot, that one of several pictures which have a field each. */
  | { to: 'picture'; slot?: number }
  | { to: 'pictures' }
  | { to: 'mask' }
  | { to: 'lastFrame' }
  | { to: 'loraPath' }
  | { to: 'loraScale' }
  | { to: 'loras' }
  /** As it is, in the provider's words; a path for a field of a field. */
  | { to: 'input'; path: readonly string[]; media?: ReferenceKind }
