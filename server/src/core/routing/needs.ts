import type { Capabilities, Modality } from '@turnout/contract'
import type { Size } from '../image/size.ts'

export type Capability = keyof Capabilities

/** What a request asks of whoever is to serve it. */
export interface Needs {
  /** What it wants made. */
  output: Modality
  /** All that it brings. */
  input: readonly Modality[]
  /** What a model must be able to do for it. */
  capabilities: readonly Capability[]
  streamed: boolean
  /** An estimate: see `estimateTokens`. */
  inputTokens: number
  /** The most that may be put out, where the request says. */
  maxTokens?: number | undefined
  /** Characters of the prompt of a picture. */
  promptCharacters?: number | undefined
  /** How many pictures are wanted. */
  images?: number | undefined
  /** How many pictures it brings for a picture to be made from. */
  inputImages?: number | undefined
  size?: Size | undefined
  /** What its price depends on, e.g. `{quality: 'high'}`. */
  settings?: Readonly<Record<string, string>>
  /** Whether something of it may be given up; undefined: as the route says. */
  degrade?: boolean | undefined
  /** Of the request, with its product type as `product_type`. */
  metadata: Readonly<Record<string, string>>
}

const BYTES_PER_TOKEN = 4

/**
 * Roughly how many tokens a text of so many bytes has. It is right within a
 * third or so for most languages and models, and costs nothing.
 */
export const estimateTokens = (bytes: number): number => Math.ceil(bytes / BYTES_PER_TOKEN)

/** The metadata of a request, with what else is known of it. */
export function metadataOf(
  metadata: Readonly<Record<string, string>> | null | undefined,
  productType: string | undefined,
): Readonly<Record<string, string>> {
  if (productType === undefined) return metadata ?? {}
  return { ...metadata, product_type: productType }
}
