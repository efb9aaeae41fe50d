import { z } from 'zod'
import { CreateJob } from './jobs.ts'
import { RouteName } from './routing.ts'
import { Composition } from './templates/composition.ts'
import { TemplateVariable, VariableName } from './templates/variables.ts'

export * from './templates/composition.ts'
export * from './templates/variables.ts'

export const TemplateId = z
  .string()
  .max(100)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be small letters and digits, with "-" between words')

/** Settings of the picture, as in `POST /api/images/generate`. */
export const TemplateOptions = z.strictObject({
  width: z.int().min(64).max(8192).optional(),
  height: z.int().min(64).max(8192).optional(),
  num_images: z.int().min(1).max(10).optional(),
  seed: z.int().min(0).max(4294967295).optional(),
})
export type TemplateOptions = z.infer<typeof TemplateOptions>

const Target = z.string().min(1).max(300).describe('A model, pool:NAME or role:NAME.')

/** What a template is: everything but its id and its history. */
export const TemplateConfiguration = z.strictObject({
  name: z.string().min(1).max(200),
  description: z.string().max(2000).default(''),
  variables: z.record(VariableName, TemplateVariable).default({}),
  target: z.strictObject({
    model: Target.max(500).describe('A model, pool:NAME or role:NAME; a Liquid template.'),
    productType: RouteName.optional().describe('A role may have a pool of its own for it.'),
  }),
  prompt: z.string().min(1).max(20_000).describe('A Liquid template; {{ name }} stands for a variable.'),
  inputs: z
    .record(z.string().max(100), z.unknown())
    .default({})
    .describe('More inputs of the model. Strings are Liquid templates; a lone {{ name }} keeps the type of its value.'),
  options: TemplateOptions.default({}),
  enhance: z.boolean().default(false).describe('Whether the prompt is rewritten by the prompt model first.'),
  composition: Composition.nullable().default(null),
})
export type TemplateConfiguration = z.infer<typeof TemplateConfiguration>

const placed = {
  id: TemplateId,
  version: z.int().positive(),
  builtIn: z.boolean().describe('Comes with Turnout and cannot be changed, but copied.'),
  author: z.string().nullable().describe('Id of the key that made this version; null for those built in.'),
  updatedAt: z.iso.datetime().nullable(),
}
export const Template = TemplateConfiguration.extend(placed)
export type Template = z.infer<typeof Template>

export const CreateTemplate = TemplateConfiguration.extend({ id: TemplateId })
export type CreateTemplate = z.infer<typeof CreateTemplate>

export const CopyTemplate = z.strictObject({
  id: TemplateId.describe('Of the copy.'),
  name: z.string().min(1).max(200).optional(),
  version: z.int().positive().optional().describe('Which version is copied; the latest one unless said otherwise.'),
})

export const TemplateVersion = z.object({
  version: z.int().positive(),
  author: z.string().nullable(),
  createdAt: z.iso.datetime().nullable(),
  record: TemplateConfiguration.nullable().describe('null: deleted.'),
})
export type TemplateVersion = z.infer<typeof TemplateVersion>

export const RollbackTemplate = z.strictObject({
  version: z.int().positive().describe('The version that is to hold again, as a new one.'),
})

const Variables = z.record(z.string().max(100), z.unknown()).default({}).describe('Values of the variables, by name.')
const version = z.int().positive().optional().describe('The latest one unless said otherwise.')

/** Makes pictures by a template: what a job takes, with variables in the place of inputs. */
export const RunTemplate = CreateJob.pick({
  userId: true,
  webhook: true,
  metadata: true,
  wait: true,
  priority: true,
  deadlineSeconds: true,
}).extend({
  variables: Variables,
  version,
  model: Target.optional().describe("Instead of the template's own."),
  options: TemplateOptions.default({}).describe("They come before the template's own."),
  enhance: z.boolean().optional().describe("Instead of the template's own."),
  dryRun: z.boolean().default(false).describe('Tells what would be made; nobody is called and nothing is paid.'),
})
export type RunTemplate = z.infer<typeof RunTemplate>

/** Draws the composition of a template without any model: free. */
export const PreviewTemplate = z.strictObject({
  variables: Variables,
  version,
  picture: z.string().min(1).optional().describe('What to draw over: a URL, a data URL or an artifact.'),
  background: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as "#1a2b3c"')
    .default('#7d8590')
    .describe('Where there is no picture.'),
})
export type PreviewTemplate = z.infer<typeof PreviewTemplate>

const Rectangle = { x: z.number(), y: z.number(), width: z.number(), height: z.number() }

/** Where a layer stands, in pixels, and what became of it. */
export const PlacedLayer = z.object({
  path: z.string().describe('Such as layers[2] or layers[0].layers[1].'),
  type: z.enum(['text', 'image', 'shape']),
  ...Rectangle,
  lines: z.array(z.string()).optional(),
  fontSize: z.number().optional(),
  color: z.string().optional().describe('Unknown as long as it depends on the picture.'),
  contrast: z.number().nullable().optional().describe('The WCAG ratio; null where there is no picture yet.'),
  scrim: z.number().optional().describe('Opacity of the scrim that was put behind the text to reach the contrast.'),
})
export type PlacedLayer = z.infer<typeof PlacedLayer>

export const CompositionLayout = z.object({
  width: z.int(),
  height: z.int(),
  layers: z.array(PlacedLayer),
})
export type CompositionLayout = z.infer<typeof CompositionLayout>

/** What a template becomes with the values of its variables. */
export const TemplateRendering = z.object({
  template: TemplateId,
  version: z.int().positive(),
  dryRun: z.literal(true),
  model: z.string(),
  prompt: z.string(),
  inputs: z.record(z.string(), z.unknown()),
  options: TemplateOptions,
  enhance: z.boolean(),
  layout: CompositionLayout.nullable().describe('Of the size that is asked for; what comes may have another.'),
  warnings: z.array(z.string()),
})
export type TemplateRendering = z.infer<typeof TemplateRendering>

export const TemplatePreview = z.object({
  template: TemplateId,
  version: z.int().positive(),
  mediaType: z.string(),
  base64: z.string(),
  layout: CompositionLayout,
  warnings: z.array(z.string()),
})
export type TemplatePreview = z.infer<typeof TemplatePreview>
