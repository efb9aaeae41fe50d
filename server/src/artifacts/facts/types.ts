/** What can be told of a picture or a video by its bytes; null where it cannot. */
export interface Facts {
  width: number | null
  height: number | null
  durationMs: number | null
  /** WebP. */
  thumbnail: Buffer | null
  /** In base64. */
  thumbhash: string | null
}

export const NO_FACTS: Facts = { width: null, height: null, durationMs: null, thumbnail: null, thumbhash: null }

/** Reads a part of what is stored; fewer bytes where it ends before. */
export type ReadPart = (start: number, length: number) => Promise<Buffer>
