import type { ArtifactKind } from '@turnout/contract'
import type { ArtifactKeeper, ByteRange, StoredArtifact, StoredBytes } from '../core/artifact.ts'
import type { Signed, Variant } from './links.ts'

export interface ArtifactFilter {
  keyId?: string | undefined
  kind?: ArtifactKind | undefined
  jobId?: string | undefined
  model?: string | undefined
  user?: string | undefined
  /** Pictures, or videos. */
  type?: 'image' | 'video' | undefined
  from?: Date | undefined
  to?: Date | undefined
}

/** Bytes to hand out, and what is known of them. */
export interface Opened {
  artifact: StoredArtifact
  mediaType: string
  size: number
  /** Changes when the bytes do. */
  etag: string
  /** What a download is called. */
  filename: string
}

/** Everything that can be done with artifacts. */
export interface ArtifactService extends ArtifactKeeper {
  list(
    filter: ArtifactFilter,
    page: { cursor?: string | undefined; limit: number },
  ): Promise<{ items: StoredArtifact[]; nextCursor: string | null }>
  /** What is there to be handed out, before it is. @throws TurnoutError not_found */
  describe(id: string, variant: Variant): Promise<Opened>
  /** @throws TurnoutError not_found where the bytes are gone after all */
  open(opened: Pick<Opened, 'artifact' | 'size'>, variant: Variant, range?: ByteRange): Promise<StoredBytes>
  /** Where the storage hands the bytes out itself, if it may. */
  address(opened: Opened, variant: Variant, disposition: string): Promise<string | undefined>
  /** @throws TurnoutError permission */
  verify(id: string, variant: Variant, signed: Signed): void
  /** How many bytes the key may still upload. */
  room(keyId: string): Promise<number>
  /** The largest file that may be uploaded. */
  readonly largest: number
}
