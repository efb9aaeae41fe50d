import { z } from 'zod'
import type { Connection } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { parseS3 } from '../shared/aws/s3.ts'

const Name = z
  .string()
  .regex(/^[a-zA-Z0-9](-*[a-zA-Z0-9])*$/, 'must be a name of letters, digits and hyphens')
  .max(63)
const Header = z
  .string()
  .regex(/^[\x20-\x7e]+$/, 'must be ASCII text')
  .max(1024)
const S3Address = z.string().refine((address) => parseS3(address) !== undefined, 'must be like s3://bucket/prefix/')

const ResponseSettings = z.strictObject({
  /** Base64 in `data[].b64_json`; the bytes themselves; base64 or a URL at a place in JSON. */
  kind: z.enum(['openai-images', 'bytes', 'json-path']),
  /** For `json-path`: names and indexes joined by dots, `*` for every element; the answer itself where empty. */
  path: z.string().optional(),
  mediaType: z
    .string()
    .regex(/^(image|video)\/[\w.+-]+$/, 'must be a type such as image/png')
    .optional(),
})

/**
 * What the adapter must be told of an endpoint, because every container has a
 * protocol of its own. Limits are those of the SageMaker Runtime service model
 * 2017-05-13.
 */
export const SagemakerSettings = z.strictObject({
  preset: z.enum(['vllm-omni-image', 'vllm-omni-video', 'inputs-parameters', 'openai-chat']).optional(),
  /** Path within the container, for those that read it from the custom attributes. */
  route: z.string().startsWith('/').optional(),
  contentType: z.enum(['application/json', 'multipart/form-data']).optional(),
  accept: Header.optional(),
  /** Template of the request; see template.ts. */
  body: z.record(z.string(), z.unknown()).optional(),
  /** Member of the body that takes the inputs of the request; the body itself where absent. */
  inputsAt: z.string().min(1).optional(),
  response: ResponseSettings.optional(),
  mode: z.enum(['sync', 'async']).optional(),
  /** What the container calls its model, for text; without it the container takes the one it has. */
  model: z.string().optional(),
  targetVariant: Name.optional(),
  targetModel: Header.optional(),
  targetContainerHostname: Name.optional(),
  inferenceComponent: Name.optional(),
  sessionId: Name.max(256).optional(),
  customAttributes: Header.optional(),
  /** Where request bodies are put that are too large to be sent with an asynchronous call. */
  inputLocation: S3Address.optional(),
  /** The only bucket that results are read from. */
  outputBucket: z.string().optional(),
  outputPathExtension: z
    .string()
    .regex(/^(?!s3:|https:)[a-zA-Z0-9!_.*'()/-]+$/, 'must be a path')
    .max(512)
    .optional(),
  requestTtlSeconds: z.int().min(60).max(21_600).optional(),
  invocationTimeoutSeconds: z.int().min(1).max(3_600).optional(),
  /** Base URL of a store that is compatible with S3, which has the bucket in the path. */
  s3Endpoint: z.url({ protocol: /^https?$/ }).optional(),
})
export type SagemakerSettings = z.infer<typeof SagemakerSettings>

/** Settings that were good, by their record: records are replaced, never changed. */
const known = new WeakMap<Connection['settings'], SagemakerSettings>()

/** @throws TurnoutError invalid_input that names the setting */
export function readSettings({ settings, provider }: Pick<Connection, 'settings' | 'provider'>): SagemakerSettings {
  const cached = known.get(settings)
  if (cached) return cached
  const { data, error } = SagemakerSettings.safeParse(settings)
  if (data) {
    const ready = { ...data, ...(data.s3Endpoint && { s3Endpoint: data.s3Endpoint.replace(/\/$/, '') }) }
    known.set(settings, ready)
    return ready
  }
  const problems = error.issues.map((issue) => {
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined
    const path = ['settings', ...issue.path, ...(unknown === undefined ? [] : [unknown])].join('.')
    return `${path}: ${unknown === undefined ? issue.message : 'is not a setting of the SageMaker adapter'}`
  })
  throw new TurnoutError('invalid_input', `${provider} cannot be used as it is configured. ${problems.join('; ')}.`, {
    provider,
    param: ['settings', ...(error.issues[0]?.path ?? [])].join('.'),
    delivered: false,
  })
}

/** A setting that is needed or does not fit the call. */
export const badSetting = (provider: string, name: string, what: string): TurnoutError =>
  new TurnoutError('invalid_input', `${provider}: settings.${name} ${what}.`, {
    provider,
    param: `settings.${name}`,
    delivered: false,
  })
