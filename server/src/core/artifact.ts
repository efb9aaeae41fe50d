import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Artifact, ArtifactKind, ArtifactLineage } from '@turnout/contract'

/** Stored bytes, as they are handed out. */
export interface StoredBytes {
  bytes: Readable
  /** Of the whole, whatever part was asked for. */
  size: number
}

/** A part of the bytes: from `start` to `end`, both included. */
export interface ByteRange {
  start: number
  end: number
}

/** What a driver tells of stored bytes. */
export interface StoredEntry {
  key: string
  size: number
  /** When they were written, in epoch milliseconds. */
  modifiedAt: number
}

/** What is known of bytes before they are written. */
export interface PutOptions {
  mediaType?: string
  /** How many they are, where that is known. */
  size?: number
}

/**
 * Where artifacts are kept. Keys are of our own making: names of lower-case
 * letters, digits, `.`, `_` and `-`, parted by `/`.
 */
export interface ArtifactDriver {
  /** Where that is, for the log and for people. */
  readonly place: string
  /**
   * Writes bytes as they come, never holding all of them. They are there whole
   * or not at all: where they end in an error, what was under the key before
   * is untouched and that error is thrown.
   */
  put(key: string, bytes: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<void>
  /** Undefined where there is nothing. A range must lie within the bytes. */
  open(key: string, range?: ByteRange): Promise<StoredBytes | undefined>
  stat(key: string): Promise<StoredEntry | undefined>
  /** Deleting what is not there changes nothing. */
  delete(key: string): Promise<void>
  /** Everything whose key begins with the prefix, which ends with `/`; in no order. */
  list(prefix: string): AsyncIterable<StoredEntry>
  /** Removes what writes have left that began before `time`, in epoch milliseconds, and never ended. */
  discardUnfinished(time: number): Promise<void>
  /** The file that holds the bytes, where they are on this machine. */
  fileOf?(key: string): string
  /** An address at which the storage itself hands out the bytes; absent where it has none. */
  presign?(key: string, options: PresignOptions): Promise<string>
  close(): void
}

/** Reads objects of buckets that the configuration allows clients to name. */
export interface ObjectReader {
  readonly buckets: ReadonlySet<string>
  /** Undefined where there is no such object. */
  open(bucket: string, key: string): Promise<StoredBytes | undefined>
}

export interface PresignOptions {
  expiresInSeconds: number
  mediaType: string
  disposition: string
}

/** What is kept, and why. */
export interface ArtifactAbout {
  /** Of the caller's making, so that keeping it again gives the same one; see `outputId`. */
  id: string
  kind: ArtifactKind
  jobId?: string | null
  attemptId?: string | null
  /** Which output of the job it is, from 0. */
  index?: number
  keyId: string | null
  user: string | null
  filename?: string | null
  /** What it must be; absent: a picture or a video. */
  expected?: 'image' | 'video'
  lineage?: Partial<ArtifactLineage>
  /** It is deleted after so many days, if nothing else has it deleted sooner. */
  daysAtMost?: number
  /** Ends the writing with its reason. */
  signal?: AbortSignal
}

/** An artifact without its links, which are made for whoever asks. */
export type StoredArtifact = Omit<Artifact, 'url' | 'thumbnailUrl'> & {
  hasThumbnail: boolean
  /** Set where somebody has deleted it meanwhile: its bytes are gone. */
  deletedAt: string | null
}

export interface LinkOptions {
  expiresInSeconds?: number
  /** Where clients reach this server, without a trailing slash. */
  baseUrl: string
}

/** Keeps the outputs of jobs. */
export interface ArtifactKeeper {
  /**
   * Keeps the bytes as they are under the id that `about` gives. Idempotent:
   * what is kept already is answered as it is, and the bytes are not read;
   * what a crash has left unfinished is made whole.
   *
   * @throws TurnoutError invalid_output for no bytes, too many of them or such of a wrong type (invalid_input for an
   *   upload); whatever the bytes end in; the reason of the signal; overloaded where storage or database do not answer
   */
  keep(bytes: Uint8Array | AsyncIterable<Uint8Array>, about: ArtifactAbout): Promise<StoredArtifact>
  /** Undefined where nothing is kept under the id. */
  find(id: string): Promise<StoredArtifact | undefined>
  /** Of the jobs, those that are kept: by job, then index. */
  ofJobs(jobIds: readonly string[]): Promise<StoredArtifact[]>
  /** A signed address of the bytes, which works without a key until it expires. */
  link(id: string, options: LinkOptions): string
  thumbnailLink(id: string, options: LinkOptions): string
  /** Deletes bytes, thumbnail and sidecar. Deleting what is gone changes nothing. */
  delete(id: string): Promise<void>
}

/** The id of an output: the same for the same job and index, whoever keeps it and how often. */
export const outputId = (jobId: string, index: number): string =>
  `art_${createHash('sha256').update(`${jobId}/${index}`).digest('hex').slice(0, 24)}`
