import { z } from 'zod'
import { ErrorCode } from './errors.ts'
import { Modality } from './models.ts'

/** What a provider can be asked for. */
export const PROVIDER_OPERATIONS = ['text', 'stream', 'image', 'video', 'embeddings'] as const
export const ProviderOperation = z.enum(PROVIDER_OPERATIONS)
export type ProviderOperation = z.infer<typeof ProviderOperation>

/** A provider that Turnout knows, and how it is. */
export const Provider = z.object({
  id: z.string(),
  name: z.string(),
  adapter: z.string().describe('What speaks its protocol; several providers may share one.'),
  supported: z.boolean().describe('Whether this version has that adapter.'),
  configured: z.boolean().describe('Whether it can be called: it has a credential, or needs none.'),
  local: z.boolean().describe('Runs on a machine of your own.'),
  emulated: z.boolean().describe('The built-in emulator stands in for it.'),
  reachable: z
    .boolean()
    .nullable()
    .describe('By the attempts of late and by free calls; null where nothing has been heard of it.'),
  operations: z.array(ProviderOperation),
  models: z.object({ known: z.int(), available: z.int() }),
  setup: z
    .string()
    .nullable()
    .describe('What is to be done before a model of it can be called; null where one can, as far as is known.'),
  lastError: z
    .object({ code: ErrorCode, message: z.string(), at: z.iso.datetime() })
    .nullable()
    .describe('The last failure that says something of the provider. A later success does not take it away.'),
})
export type Provider = z.infer<typeof Provider>

export const TestModel = z.strictObject({
  confirm: z.boolean().default(false).describe('Make the call although it costs money.'),
})
export type TestModel = z.infer<typeof TestModel>

/** What the cheapest real call of a model came to, or what it would come to. */
export const ModelTest = z.object({
  model: z.string(),
  provider: z.string(),
  kind: Modality.describe('What the call asks for.'),
  tested: z.boolean().describe('Whether a call was made.'),
  estimate: z.string().nullable().describe('US dollars that the call costs at most; null when that is not known.'),
  note: z.string().describe('What was done, or what to do next.'),
  ok: z.boolean().optional().describe('Whether the call succeeded.'),
  latencyMs: z.int().nonnegative().optional(),
  cost: z.string().nullable().optional().describe('US dollars that the call came to; null when that is not known.'),
  warnings: z.array(z.string()).optional(),
  error: z.object({ code: ErrorCode, message: z.string() }).optional(),
})
export type ModelTest = z.infer<typeof ModelTest>
