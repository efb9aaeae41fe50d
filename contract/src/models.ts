import { z } from 'zod'
import { Transform } from './transform.ts'

/** The layers of the registry, from the weakest to the strongest. */
export const LAYERS = ['catalog', 'discovered', 'environment', 'file', 'database'] as const
export const Layer = z.enum(LAYERS)
export type Layer = z.infer<typeof Layer>

export const MODALITIES = ['text', 'image', 'video', 'audio', 'embedding'] as const
export const Modality = z.enum(MODALITIES)
export type Modality = z.infer<typeof Modality>

/** What a model can do. `true` and `false` are known; absent is unknown, and the upstream decides. */
export const Capabilities = z.strictObject({
  streaming: z.boolean().optional(),
  tools: z.boolean().optional(),
  parallelTools: z.boolean().optional(),
  structuredOutput: z.boolean().optional().describe('Answers by a JSON Schema.'),
  jsonMode: z.boolean().optional(),
  vision: z.boolean().optional().describe('Takes pictures in messages.'),
  reasoning: z.boolean().optional(),
  temperature: z.boolean().optional().describe('Takes temperature and top_p.'),
  prefill: z.boolean().optional().describe('Continues an assistant message that it is given.'),
  seed: z.boolean().optional(),
  negativePrompt: z.boolean().optional(),
  guidance: z.boolean().optional(),
  steps: z.boolean().optional(),
  lora: z.boolean().optional(),
  imageInput: z.boolean().optional().describe('An image model that takes reference pictures or edits one.'),
  mask: z.boolean().optional(),
  partialImages: z.boolean().optional().describe('Streams previews while it draws.'),
  transparency: z.boolean().optional(),
})
export type Capabilities = z.infer<typeof Capabilities>

/** What bounds a request. Sizes are `WIDTHxHEIGHT` in pixels. */
export const Limits = z.strictObject({
  contextTokens: z.int().positive().optional(),
  outputTokens: z.int().positive().optional(),
  promptCharacters: z.int().positive().optional(),
  images: z.int().positive().optional().describe('Pictures in one answer.'),
  inputImages: z.int().positive().optional(),
  jobs: z.int().positive().optional().describe('Media jobs that may run at once.'),
  sizes: z.array(z.string()).min(1).optional().describe('The only sizes that are allowed.'),
  aspectRatios: z.array(z.string()).min(1).optional(),
  minSide: z.int().positive().optional(),
  maxSide: z.int().positive().optional(),
  sideMultiple: z.int().positive().optional(),
  maxPixels: z.int().positive().optional(),
  maxAspect: z.number().positive().optional().describe('The longer side over the shorter one.'),
  minSeconds: z.number().positive().optional(),
  maxSeconds: z.number().positive().optional(),
  dimensions: z.int().positive().optional().describe('Length of an embedding.'),
})
export type Limits = z.infer<typeof Limits>

/** The units that prices are given for; each counts the part of the usage that no narrower unit counts. */
export const UNITS = [
  'inputToken',
  'cachedInputToken',
  'cacheWriteToken',
  'imageInputToken',
  'outputToken',
  'imageOutputToken',
  'image',
  'megapixel',
  'second',
  'request',
] as const
export const Unit = z.enum(UNITS)
export type Unit = z.infer<typeof Unit>

const Dollars = z.string().regex(/^\d+(\.\d{1,9})?$/, 'must be a decimal number of US dollars, such as "0.04"')

/** Money per unit. Where several rates of a unit apply, the last one whose condition holds wins. */
export const Rate = z.strictObject({
  unit: Unit,
  usd: Dollars.describe('US dollars, as a decimal string.'),
  per: z.int().positive().default(1).describe('For how many units: 1000000 for prices per million tokens.'),
  from: z.iso.date().optional().describe('Only for calls on this day (UTC) or later.'),
  aboveInputTokens: z.int().positive().optional().describe('Only for calls with more input tokens than this.'),
  when: z
    .record(z.string(), z.string())
    .optional()
    .describe('Only for calls with these settings, e.g. {"quality":"high"}.'),
})
export type Rate = z.infer<typeof Rate>

export const Prices = z.strictObject({
  rates: z.array(Rate).min(1),
  source: z.string().describe('Where the price was read.'),
  asOf: z.iso.date().describe('When it was read.'),
})
export type Prices = z.infer<typeof Prices>

export const Lifecycle = z.strictObject({
  status: z.enum(['active', 'deprecated', 'retired']),
  retiresAt: z.iso
    .date()
    .optional()
    .describe('The provider stops serving it on this day. Past it, the model is retired.'),
  replacedBy: z.string().optional().describe('Id of the model to use instead.'),
})
export type Lifecycle = z.infer<typeof Lifecycle>

/**
 * A secret is never part of a record: it is named by where it stands. A secret
 * of several parts is named by several variables; `?` marks one that may be
 * missing. `default` leaves the search to the provider's own library.
 */
export const CredentialRef = z
  .string()
  .regex(
    /^(env:[A-Za-z_][A-Za-z0-9_]*(:[A-Za-z_][A-Za-z0-9_]*\??)*|file:.+|default)$/,
    'must be "env:NAME", "env:NAME:NAME" for a secret of two parts, "file:PATH" or "default", never the secret itself',
  )

/** Up to a week: timers and the database's integers end not far behind it. */
export const Milliseconds = z.int().positive().max(604_800_000)

export const Timeouts = z.strictObject({
  connectMs: Milliseconds.optional().describe('Until the connection stands.'),
  firstPartMs: Milliseconds.optional().describe('Until the first content arrives.'),
  stallMs: Milliseconds.optional().describe('Between two parts of a stream.'),
  totalMs: Milliseconds.optional().describe('For one attempt as a whole.'),
})
export type Timeouts = z.infer<typeof Timeouts>

export const RetryPolicy = z.strictObject({
  maxRetries: z.int().min(0).max(10).optional(),
  backoffBase: z.number().positive().max(60).optional().describe('Seconds before the first retry.'),
  backoffFactor: z.number().min(1).max(10).optional().describe('How much longer each further wait is.'),
  maxRetryAfter: z
    .number()
    .nonnegative()
    .max(600)
    .optional()
    .describe('The longest Retry-After to honour, in seconds.'),
})
export type RetryPolicy = z.infer<typeof RetryPolicy>

/** How an OpenAI-compatible server departs from OpenAI. Absent: as OpenAI does it. */
export const Flags = z.strictObject({
  tokenField: z.enum(['max_tokens', 'max_completion_tokens']).optional().describe('The only output limit it knows.'),
  streamUsage: z.boolean().optional().describe('Whether it takes stream_options.include_usage.'),
  developerRole: z.boolean().optional().describe('Whether it knows the developer role; else it is sent as system.'),
  imagesPath: z.string().startsWith('/').optional().describe('Path of its image endpoint.'),
  responseFormat: z.boolean().optional().describe('Whether image requests take response_format.'),
  api: z
    .enum(['chat', 'responses'])
    .optional()
    .describe('By which of the two text APIs a model is called; some are served by responses alone.'),
})
export type Flags = z.infer<typeof Flags>

/** Settings of one adapter; each says in the guide which it knows, and refuses values that it cannot use. */
export const Settings = z.record(z.string().min(1), z.unknown())
export type Settings = z.infer<typeof Settings>

export const ModelId = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?$/u, 'must not have control characters')

/** What a source may say of a model. Everything but the id is optional: a stronger layer adds to a weaker one. */
export const ModelPatch = z.strictObject({
  id: ModelId.describe('What requests call the model.'),
  name: z.string().min(1).max(200).optional().describe('A name for people.'),
  description: z.string().max(2000).optional(),
  aliases: z.array(ModelId).max(50).optional(),
  provider: z.string().min(1).max(100).optional().describe('Id of the provider that serves it.'),
  upstreamId: z.string().min(1).max(300).optional().describe('What the provider calls it. Absent: the same as id.'),
  input: z.array(Modality).min(1).optional(),
  output: z.array(Modality).min(1).optional(),
  capabilities: Capabilities.optional(),
  limits: Limits.optional(),
  inputs: z.record(z.string(), z.unknown()).optional().describe('JSON Schema of the inputs beyond the common ones.'),
  transform: Transform.optional().describe(
    'How a request becomes that of the provider, where its adapter does not know.',
  ),
  prices: Prices.nullable().optional(),
  defaults: z.record(z.string(), z.unknown()).optional().describe('Parameters used where a request sets none.'),
  lifecycle: Lifecycle.optional(),
  enabled: z.boolean().optional(),
  tags: z.array(z.string().min(1).max(50)).max(50).optional(),
  flags: Flags.optional(),
  settings: Settings.optional().describe('What its adapter alone needs to know, laid over those of the provider.'),
  retry: RetryPolicy.optional(),
  timeouts: Timeouts.optional(),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Instead of the provider's."),
  credential: CredentialRef.optional().describe("Instead of the provider's."),
  region: z.string().min(1).max(50).optional(),
})
export type ModelPatch = z.infer<typeof ModelPatch>

/** Where a record came from, and why its provider was chosen. */
export const Provenance = z.object({
  layer: Layer.describe('The strongest layer that speaks of the model.'),
  overrides: z.array(Layer).describe('The weaker layers whose records it adds to.'),
  fields: z.record(z.string(), Layer).describe('Which layer each field came from.'),
  detection: z
    .object({ provider: z.string(), reason: z.string() })
    .optional()
    .describe('How the provider was found from the name, where nothing named it.'),
})
export type Provenance = z.infer<typeof Provenance>

/** A model of the registry, all layers merged. */
export const Model = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  aliases: z.array(z.string()),
  provider: z.string(),
  upstreamId: z.string(),
  input: z.array(Modality),
  output: z.array(Modality),
  capabilities: Capabilities,
  limits: Limits,
  inputs: z.record(z.string(), z.unknown()).optional(),
  transform: Transform.optional(),
  prices: Prices.nullable(),
  defaults: z.record(z.string(), z.unknown()),
  lifecycle: Lifecycle,
  enabled: z.boolean(),
  tags: z.array(z.string()),
  flags: Flags,
  settings: Settings,
  retry: RetryPolicy,
  timeouts: Timeouts,
  baseUrl: z.string().optional(),
  credential: z.string().optional().describe('Where the credential stands; never the credential.'),
  region: z.string().optional(),
  provenance: Provenance,
  available: z.boolean().describe('Whether a request for it can be served now.'),
  unavailable: z.string().optional().describe('Why not, and what to do about it.'),
})
export type Model = z.infer<typeof Model>

export const ModelFilter = z.strictObject({
  type: Modality.optional().describe('Only models that make this.'),
  provider: z.string().optional(),
  enabled: z.stringbool().optional(),
  available: z.stringbool().optional(),
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})
export type ModelFilter = z.infer<typeof ModelFilter>
