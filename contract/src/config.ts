import { z } from 'zod'
import { CredentialRef, Flags, ModelPatch, RetryPolicy, Settings, Timeouts } from './models.ts'
import { PoolConfiguration, RoleConfiguration, RouteName } from './routing.ts'

/** It stands before the slash in `provider/model`, so it has none itself. */
const ProviderId = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must begin with a letter or digit and go on with those, ".", "_" or "-"')

const HeaderName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of an HTTP header')

const HeaderValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'must not have line breaks or control characters')

/** A provider in turnout.yaml. Where a preset of that id exists, everything left out comes from there. */
export const ProviderConfiguration = z.strictObject({
  adapter: z
    .string()
    .min(1)
    .optional()
    .describe('Which protocol it speaks. Absent: that of the preset, else openai-compatible.'),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where its API is. Needed where the id is no preset.'),
  credential: CredentialRef.optional().describe("Where the provider's secret stands."),
  region: z.string().min(1).max(50).optional().describe('Region of the provider, where it has regions.'),
  headers: z
    .record(HeaderName, HeaderValue)
    .optional()
    .describe('Headers for every request. A value of the form env:NAME or file:PATH is read from there.'),
  flags: Flags.optional().describe('How it departs from OpenAI.'),
  settings: Settings.optional().describe(
    'What its adapter alone needs to know, e.g. {"project":"my-project"} for Vertex.',
  ),
  local: z
    .boolean()
    .optional()
    .describe('It runs on a machine of your own: calls cost nothing, its models are listed.'),
  maxConnections: z.int().min(1).max(65_536).optional().describe('How many connections may be open to it at once.'),
  maxJobs: z.int().min(1).max(100_000).optional().describe('How many media jobs may run at it at once.'),
  enabled: z.boolean().optional().describe('false: none of its models is served.'),
  retry: RetryPolicy.optional().describe('Retries of calls to it.'),
  timeouts: Timeouts.optional().describe('Timeouts of calls to it.'),
})
export type ProviderConfiguration = z.infer<typeof ProviderConfiguration>

/** The file turnout.yaml. */
export const Configuration = z
  .strictObject({
    providers: z.record(ProviderId, ProviderConfiguration).default({}).describe('Providers by id.'),
    models: z
      .array(ModelPatch)
      .default([])
      .describe('Models to add, or what to change about models that Turnout knows already.'),
    preset: z
      .enum(['site-builder'])
      .optional()
      .describe('Roles and pools that are ready made; what is given under pools and roles takes their place.'),
    pools: z
      .record(RouteName, PoolConfiguration)
      .default({})
      .describe('Models that may stand in for one another, asked for as pool:NAME.'),
    roles: z
      .record(RouteName, RoleConfiguration)
      .default({})
      .describe('Named jobs that lead to a pool, asked for as role:NAME.'),
    retry: RetryPolicy.default({}).describe('Retries, where neither the provider nor the model says otherwise.'),
    timeouts: Timeouts.default({}).describe('Timeouts, where neither the provider nor the model says otherwise.'),
    limits: z
      .strictObject({
        requestsPerMinute: z.int().positive().optional().describe('Requests per minute of each such virtual key.'),
      })
      .default({})
      .describe('Limits for virtual keys that have none of their own.'),
    retiredModels: z
      .enum(['refuse', 'substitute'])
      .default('refuse')
      .describe('Whether a request for a retired model is refused, or served by its replacement.'),
    catalog: z.boolean().default(true).describe('Whether the models of the built-in catalog are listed.'),
    discovery: z.boolean().default(true).describe('Whether engines on this machine are looked for.'),
  })
  .superRefine(({ models }, context) => {
    const first = new Map<string, number>()
    for (const [index, { id }] of models.entries()) {
      const earlier = first.get(id)
      if (earlier === undefined) first.set(id, index)
      else {
        context.addIssue({
          code: 'custom',
          path: ['models', index, 'id'],
          message: `must differ from the id of models[${earlier}]`,
        })
      }
    }
  })
export type Configuration = z.infer<typeof Configuration>
