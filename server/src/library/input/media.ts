import { GenerateImage } from '@turnout/contract'
import { z } from 'zod'
import { PictureField } from './picture.ts'
import { BOUND, type GivenTarget, OPTIONS, TARGET, type TargetFields, targetProblem } from './target.ts'

const { modelId: _, role: __, productType: ___, session: ____, user: _____, ...settings } = GenerateImage.shape

const IMAGE = {
  ...settings,
  ...OPTIONS,
  images: z.array(PictureField).min(1).max(16).optional(),
  mask: PictureField.optional(),
}

const EMBED = {
  ...OPTIONS,
  texts: z.union([
    z
      .string()
      .min(1)
      .transform((text) => [text]),
    z.array(z.string().min(1)).min(1).max(2048),
  ]),
  dimensions: z.int().positive().optional(),
}

const checkTarget =
  (fields: TargetFields) =>
  ({ value, issues }: z.core.ParsePayload<GivenTarget>): void => {
    const problem = targetProblem(value, fields)
    if (problem) issues.push({ code: 'custom', path: [problem.path], message: problem.message, input: value })
  }

const imageSchema = (target: TargetFields) =>
  z.strictObject({ ...(target as typeof TARGET), ...IMAGE }).check(checkTarget(target))

const embedSchema = (target: TargetFields) =>
  z.strictObject({ ...(target as typeof TARGET), ...EMBED }).check(checkTarget(target))

export type GivenImage = z.output<ReturnType<typeof imageSchema>>
export type GivenEmbed = z.output<ReturnType<typeof embedSchema>>

export const MEDIA_SCHEMAS = {
  open: { image: imageSchema(TARGET), embed: embedSchema(TARGET) },
  bound: { image: imageSchema(BOUND), embed: embedSchema(BOUND) },
}
