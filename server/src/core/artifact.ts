import type { Readable } from 'node:stream'

/** Stored bytes, as they are handed out. */
export interface StoredArtifact {
  bytes: Readable
  size: number
}

/** Where artifacts are kept. Names are of our own making: letters, digits, `.` and `-`. */
export interface ArtifactDriver {
  /** Writing what is there already changes nothing. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /**
   * Writes bytes as they come, never holding all of them. The name, which may
   * be made of the bytes, is asked for when all have come; the answer is that
   * name. Where the bytes end in an error, nothing is kept and the error is thrown.
   */
  putStream(bytes: AsyncIterable<Uint8Array>, name: () => string): Promise<string>
  /** Undefined where there is no such artifact. */
  open(name: string): Promise<StoredArtifact | undefined>
  /** Deletes what was written before `time`, in epoch milliseconds; the answer is how many. */
  deleteOlderThan(time: number): Promise<number>
}
