import type { GeneratedImage, GenerateImage } from '@turnout/contract'
import type { ImageRequest, SettingNames } from '../core/image/request.ts'
import type { Route } from '../core/route.ts'
import { nameBrought } from './jobs/brought.ts'
import { WaitedJob, type WaitedServices } from './jobs/waited.ts'
import { base64OfKept } from './media/kept-base64.ts'
import { servedBy } from './text.ts'
import type { Caller } from './types.ts'

/** A request of the native API as it is read, and in its own words. */
export interface NativeAsked {
  input: GenerateImage
  request: ImageRequest
  names: SettingNames
}

/** What of a request a job shows: all but what decides where it goes, and its pictures by their names. */
function shownOf({ input, request: { pictures, mask } }: NativeAsked): Record<string, unknown> {
  const { modelId: _, role: __, productType: ___, session: ____, user: _____, cache: ______, ...settings } = input
  const named = (picture: NonNullable<typeof mask>) => ('url' in picture ? picture.url : 'base64')
  return { ...settings, ...(pictures && { images: pictures.map(named) }), ...(mask && { mask: named(mask) }) }
}

/** The pictures of a request by a job that survives this process, as base64. @throws TurnoutError */
export async function generateByJob(
  services: WaitedServices,
  { input, request, names }: NativeAsked,
  route: Route,
  caller: Caller,
): Promise<GeneratedImage> {
  const { role, modelId, productType, session, user } = input
  const { idempotencyKey } = caller
  const { request: named, brought } = nameBrought(request, caller.principal, idempotencyKey)
  const waited = new WaitedJob(services, {
    caller: { ...caller, ...(session !== undefined && { session }) },
    route,
    model: role === undefined ? modelId! : `role:${role}`,
    productType,
    image: { operation: 'image.generate', request: named, names, fields: {}, isForm: false },
    brought,
    shown: shownOf({ input, request: named, names }),
    user,
    idempotencyKey,
  })
  const onJob = (id: string) => caller.onJob?.(id)
  const { job, deployment, cost, images } = await waited.answer('', caller.signal, onJob, async (answer) => ({
    ...answer,
    images: await Promise.all(
      answer.job.outputs.map(async ({ mediaType, revisedPrompt, seed }, index) => ({
        base64: await base64OfKept(services.kept, answer.pictures[index]!),
        mediaType,
        ...(revisedPrompt !== null && { revisedPrompt }),
        ...(seed !== null && { seed }),
      })),
    ),
  }))
  waited.tidyUp()
  const { attempts, fallbacks } = waited
  const served = servedBy(deployment, caller, { route, fallbacks }, attempts, job.usage, cost)
  return { ...served, warnings: [...served.warnings, ...job.warnings], images, mapped: job.mapped }
}
