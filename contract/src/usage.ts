import { z } from 'zod'
import { ErrorCode } from './errors.ts'

/** Counted units of one attempt. Absent means: the provider did not report it. */
export const Usage = z.object({
  inputTokens: z.int().nonnegative().optional().describe('All input tokens, cached and image ones included.'),
  cachedInputTokens: z.int().nonnegative().optional().describe('Part of inputTokens that was read from a cache.'),
  cacheWriteTokens: z.int().nonnegative().optional().describe('Part of inputTokens that was written to a cache.'),
  imageInputTokens: z.int().nonnegative().optional().describe('Part of inputTokens that were pictures.'),
  outputTokens: z.int().nonnegative().optional().describe('All output tokens, reasoning and image ones included.'),
  reasoningTokens: z.int().nonnegative().optional().describe('Part of outputTokens spent on reasoning.'),
  imageOutputTokens: z.int().nonnegative().optional().describe('Part of outputTokens that were pictures.'),
  images: z.int().nonnegative().optional(),
  megapixels: z.number().nonnegative().optional(),
  seconds: z.number().nonnegative().optional().describe('Seconds of video or audio.'),
  requests: z.int().nonnegative().optional(),
})
export type Usage = z.infer<typeof Usage>

/** `running` until the attempt ends; `unknown` when Turnout died before it saw the end. */
export const OUTCOMES = ['running', 'succeeded', 'failed', 'canceled', 'unknown'] as const
export const Outcome = z.enum(OUTCOMES)
export type Outcome = z.infer<typeof Outcome>

export const OPERATIONS = [
  'chat',
  'embeddings',
  'images.generate',
  'images.edit',
  'text.generate',
  'image.generate',
  'video.generate',
  'validate',
] as const
export const Operation = z.enum(OPERATIONS)
export type Operation = z.infer<typeof Operation>

/** One call to one deployment, with what it counted and what it cost. */
export const Attempt = z.object({
  id: z.string(),
  requestId: z.string(),
  attempt: z.int().positive().describe('1 for the first attempt of a request.'),
  operation: Operation,
  model: z.string(),
  provider: z.string(),
  upstreamModel: z.string(),
  keyId: z.string().nullable(),
  user: z.string().nullable().describe('The end user that the caller named, else the owner of the key.'),
  startedAt: z.iso.datetime(),
  latencyMs: z.int().nonnegative().nullable(),
  firstPartMs: z.int().nonnegative().nullable().describe('Until the first content of a streamed answer.'),
  streamed: z.boolean(),
  experiment: z.string().nullable().describe('That the request took part in.'),
  variant: z.string().nullable().describe('The variant of the experiment that it was given.'),
  outcome: Outcome,
  errorCode: ErrorCode.nullable(),
  usage: Usage,
  cost: z.string().nullable().describe('US dollars as a decimal string; null when it is not known.'),
  emulated: z.boolean().describe('Answered by the built-in emulator: nothing was paid.'),
  upstreamRequestId: z.string().nullable(),
})
export type Attempt = z.infer<typeof Attempt>

export const UsageTotal = z.object({
  group: z.string().nullable().describe('The day (UTC), model, key, provider or user that the line adds up.'),
  attempts: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
  images: z.int(),
  cost: z.string().describe('Sum of the known costs in US dollars, emulated attempts left out.'),
  emulatedCost: z.string().describe('What the emulated attempts would have cost in US dollars.'),
  unknownCost: z.int().describe('Attempts whose cost is not known; they are not part of the sums.'),
})
export type UsageTotal = z.infer<typeof UsageTotal>
