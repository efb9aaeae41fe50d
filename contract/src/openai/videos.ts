import { z } from 'zod'
import { CreateJob } from '../jobs.ts'

/** The picture that a video starts from: an address, or one of our own files. */
const InputReference = z.union([
  z.string().min(1),
  z
    .strictObject({
      image_url: z.string().min(1).optional().describe('An http, https, s3 or data URL.'),
      file_id: z.string().min(1).optional().describe('The id of an upload or an artifact.'),
    })
    .refine((value) => (value.image_url === undefined) !== (value.file_id === undefined), {
      error: 'must have either image_url or file_id',
    }),
])

/**
 * `POST /v1/videos`, as OpenAI documents it, as JSON or as multipart/form-data
 * with `input_reference` as a file. Further fields are inputs of the model.
 */
export const VideosRequest = z.looseObject({
  model: z.string().min(1).max(300),
  prompt: z.string().min(1).optional(),
  seconds: z
    .union([z.string().regex(/^\d{1,3}(\.\d{1,3})?$/, 'must be a number of seconds as text, such as "8"'), z.number()])
    .nullish()
    .describe('How long, such as "8". The nearest that the model has is used, and reported.'),
  size: z
    .string()
    .regex(/^\d{2,5}x\d{2,5}$/, 'must be WIDTHxHEIGHT')
    .nullish()
    .describe('Such as 1280x720. The nearest that the model has is used, and reported.'),
  input_reference: InputReference.nullish().describe('The picture to start from; in a form it may be a file.'),
  user: CreateJob.shape.userId.nullish(),
})
export type VideosRequest = z.infer<typeof VideosRequest>

export const VIDEO_STATUSES = ['queued', 'in_progress', 'completed', 'failed'] as const

/** A video of OpenAI's dialect: a job of the kind `video`, by the job's id. */
export const OpenAIVideo = z.object({
  id: z.string().describe('The id of the job: GET /api/jobs/{id} has all of it.'),
  object: z.literal('video'),
  model: z.string(),
  status: z.enum(VIDEO_STATUSES),
  progress: z.int().min(0).max(100),
  prompt: z.string().nullable(),
  seconds: z.string().nullable().describe('How long it is, or was asked to be; null until it is known.'),
  size: z.string().nullable(),
  created_at: z.int().describe('Seconds since 1970.'),
  completed_at: z.int().nullable(),
  expires_at: z.int().nullable().describe('When its bytes are deleted; null: they are kept.'),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  remixed_from_video_id: z.null(),
})
export type OpenAIVideo = z.infer<typeof OpenAIVideo>

export const VideoVariant = z.enum(['video', 'thumbnail'])
export type VideoVariant = z.infer<typeof VideoVariant>

/** The query of `GET /v1/videos`. */
export const VideosQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: z.string().min(1).optional().describe('The id of the last video of the page before.'),
  order: z.enum(['asc', 'desc']).default('desc').describe('By the time of creation.'),
})

/** The query of `GET /v1/videos/{id}/content`. */
export const VideoContentQuery = z.strictObject({ variant: VideoVariant.default('video') })
