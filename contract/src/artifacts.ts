import { z } from 'zod'

export const ARTIFACT_KINDS = ['output', 'upload'] as const
export const ArtifactKind = z.enum(ARTIFACT_KINDS)
export type ArtifactKind = z.infer<typeof ArtifactKind>

/** How an artifact came about. What is not known, or was not part of it, is null. */
export const ArtifactLineage = z.object({
  model: z.string().nullable().describe('Id of the model that made it.'),
  deployment: z.string().nullable(),
  provider: z.string().nullable(),
  providerRequestId: z.string().nullable().describe("The provider's own id of the request."),
  prompt: z.string().nullable(),
  inputs: z.record(z.string(), z.unknown()).describe('The inputs that the model was called with.'),
  seed: z.int().nullable(),
  cost: z.string().nullable().describe('Its share of the cost in US dollars as a decimal string; null: not known.'),
  warnings: z.array(z.string()),
})
export type ArtifactLineage = z.infer<typeof ArtifactLineage>

/** Bytes that are kept, and what is known of them. */
export const Artifact = z.object({
  id: z.string(),
  kind: ArtifactKind.describe('`output`: made by a job; `upload`: brought by a client.'),
  jobId: z.string().nullable(),
  attemptId: z.string().nullable(),
  index: z.int().nonnegative().describe('Which output of the job it is, from 0.'),
  keyId: z.string().nullable(),
  user: z.string().nullable(),
  filename: z.string().nullable().describe('What an upload was called.'),
  mediaType: z.string().describe('By its content, whatever it was said to be.'),
  bytes: z.int().nonnegative(),
  sha256: z.string().describe('In hexadecimal.'),
  width: z.int().positive().nullable(),
  height: z.int().positive().nullable(),
  durationMs: z.int().nonnegative().nullable(),
  thumbhash: z.string().nullable().describe('A placeholder of about 25 bytes, in base64 (ThumbHash).'),
  lineage: ArtifactLineage,
  url: z.string().describe('Where the bytes can be fetched without a key until the link expires.'),
  thumbnailUrl: z.string().nullable().describe('The same for a WebP of at most 512 pixels a side.'),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable().describe('When it is deleted; null: it is kept until somebody deletes it.'),
})
export type Artifact = z.infer<typeof Artifact>
