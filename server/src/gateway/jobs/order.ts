import { createHash } from 'node:crypto'
import type { Usage } from '@turnout/contract'
import type { Connection, ProviderAdapter } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { MappedSetting } from '../../core/image/request.ts'
import type { MediaReference } from '../../core/inputs/types.ts'
import type { MediaOutcome, MediaPending } from '../../core/media.ts'
import type { Needs } from '../../core/routing/needs.ts'
import type { Picture } from '../../core/text.ts'
import type { JobRequest, JobRow } from '../../jobs/types.ts'
import { priceOf } from '../metering.ts'
import { orderImage, orderVideo } from './media-job.ts'
import { orderText } from './text-job.ts'

/** What is sent beside what was asked for. */
export interface Delivery {
  /** Where the provider may tell that it is done. */
  callbackUrl: string | undefined
  callbackSecret: string | undefined
  /** The name of the attempt, by which a provider that knows such names makes it only once. */
  idempotencyKey: string
}

/** A job as one deployment takes it. Nothing was called or fetched. */
export interface MediaOrder {
  deployment: Deployment
  mapped: MappedSetting[]
  /** How many outputs were asked for, and how many of them one call makes. */
  count: number
  perCall: number
  seed: number | undefined
  /** What the price depends on. */
  settings: Readonly<Record<string, string>>
  /** What it is expected to use. */
  expected: Usage
  /** What decides who can serve it. */
  needs: Omit<Needs, 'metadata'>
  /** The files that it names, and whether the provider fetches them itself. */
  references: readonly MediaReference[]
  links: boolean
  /** @param found What the references lead to, in their order. @throws TurnoutError */
  start(found: readonly Picture[], delivery: Delivery, connection: Connection): Promise<MediaOutcome>
  /** The handle of the work that its provider calls by that id; undefined where it cannot be told. Nothing is called. */
  recover?(requestId: string, connection: Connection): MediaPending | undefined
}

const ORDERS = { text: orderText, image: orderImage, video: orderVideo }
const NAMES = { text: 'texts', image: 'pictures', video: 'videos' } as const

/** @throws TurnoutError invalid_input, capability_missing: where the deployment does not take the job */
export function orderFor(
  adapters: ReadonlyMap<string, ProviderAdapter>,
  deployment: Deployment,
  kind: JobRow['kind'],
  request: JobRequest,
): MediaOrder {
  const { model, provider } = deployment
  const adapter = adapters.get(provider.adapter)
  const order = adapter && model.output.includes(kind) ? ORDERS[kind](deployment, request, adapter) : undefined
  if (order) return order
  const makes = model.output.length > 0 ? `; it makes ${model.output.join(' and ')}` : ''
  throw new TurnoutError('capability_missing', `Model ${model.id} makes no ${NAMES[kind]} here${makes}.`, {
    param: 'model',
    provider: provider.id,
  })
}

/** What the order will cost by our prices, in nano-dollars; null where that cannot be known before. */
export const quoteOf = ({ deployment, expected, settings }: MediaOrder): bigint | null =>
  priceOf(deployment, expected, settings)

/** Tells a repetition of what was sent from something else. */
export const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')
