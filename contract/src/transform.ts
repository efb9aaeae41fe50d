import { z } from 'zod'

/** A field of the provider's request, or a field of a field: `prompt`, `target_image.url`. */
const Field = z
  .string()
  .max(200)
  .regex(
    /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*){0,3}$/,
    'must be the name of a field, or names joined by dots such as target_image.url',
  )
  // No path may lead to what every object has.
  .refine((path) => !/(^|\.)(__proto__|constructor|prototype)(\.|$)/.test(path), 'must be the name of a field')

/** How long a video is, in the provider's words. */
const SecondsField = z.strictObject({
  field: Field,
  form: z
    .enum(['number', 'text', 'suffixed', 'frames'])
    .describe('5, "5", "5s", or the number of frames: seconds times the frame rate, and one.'),
  framesPerSecond: z.number().positive().max(240).optional().describe('For frames: the rate where a request has none.'),
})

const SizeField = z.union([
  z.strictObject({ field: Field, form: z.enum(['object', 'text']).describe('{width, height}, or "1024x768".') }),
  z.strictObject({ width: Field, height: Field }),
])

const PicturesField = z.union([
  z.strictObject({ list: Field.describe('All pictures, as a list.') }),
  z.strictObject({ fields: z.array(Field).min(1).max(16).describe('One field for each picture, in their order.') }),
])

/** What the provider calls the settings that Turnout has names for. */
export const TransformSettings = z
  .strictObject({
    prompt: Field,
    negativePrompt: Field,
    size: SizeField,
    aspectRatio: Field,
    count: Field,
    seed: Field,
    guidanceScale: Field,
    steps: Field,
    strength: Field,
    pictures: PicturesField,
    mask: Field,
    loras: Field.describe('A list of {path, scale}.'),
    style: Field,
    quality: Field,
    background: Field,
    outputFormat: Field,
    seconds: SecondsField,
    framesPerSecond: Field,
    resolution: Field,
    audio: Field,
    lastFrame: Field,
  })
  .partial()
export type TransformSettings = z.infer<typeof TransformSettings>

export const MEDIA_KINDS = ['image', 'video', 'audio', 'weights', 'file'] as const

/** How a request becomes the provider's own: data, for providers that serve any endpoint. */
export const Transform = z.strictObject({
  settings: TransformSettings.optional().describe(
    'What the provider calls the common settings. Where this is absent, its adapter knows.',
  ),
  aliases: z
    .record(z.string().min(1).max(100), Field)
    .optional()
    .describe('Further names of inputs, each for a field of the provider: {"image_url": "face_image_0.url"}.'),
  required: z
    .array(z.string().min(1).max(100))
    .max(50)
    .optional()
    .describe('Inputs that a job cannot do without, beyond those that its JSON Schema requires.'),
  constants: z.record(z.string().min(1).max(100), z.unknown()).optional().describe('Fields that are always sent.'),
  media: z
    .record(z.string().min(1).max(100), z.enum(MEDIA_KINDS))
    .optional()
    .describe('Inputs that name files. Where this is absent, their names tell.'),
  endpoints: z
    .array(
      z.strictObject({
        when: z.array(z.enum(['pictures', 'mask', 'loras', 'lastFrame'])).min(1),
        use: z.string().min(1).max(300),
      }),
    )
    .max(16)
    .optional()
    .describe('Upstream ids for requests that have all of these settings; the first that fits is called.'),
})
export type Transform = z.infer<typeof Transform>
