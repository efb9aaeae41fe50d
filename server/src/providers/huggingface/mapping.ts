import type { Connection } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { isObject } from '../../lib/objects.ts'
import { asPath } from '../fal/path.ts'
import { exchange, readObject } from '../shared/exchange.ts'
import { text } from '../shared/failure.ts'
import { huggingFaceError } from './errors.ts'
import { credentialOf, hubOf } from './router.ts'

export type Task = 'text-to-image' | 'image-to-image' | 'text-to-video' | 'image-to-video'

/** A model at one of the providers that serve it. */
export interface Served {
  /** The model's id on the Hub, and where its own files are. */
  model: string
  hub: string
  provider: string
  /** What the provider calls it. */
  providerId: string
  task: string
  /** The file of a LoRA that is laid over the provider's model. */
  weightsPath?: string
}

const KEPT_MS = 60 * 60 * 1000
const MOST_KEPT = 500

const kept = new Map<string, { served: Served[]; until: number }>()

function keep(key: string, served: Served[], now: number): void {
  kept.delete(key)
  if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!)
  kept.set(key, { served, until: now + KEPT_MS })
}

/** `inferenceProviderMapping` in its two forms: an object by provider, or a list. */
function entriesOf(mapping: unknown): (readonly [provider: string, entry: Readonly<Record<string, unknown>>])[] {
  const entries = Array.isArray(mapping)
    ? mapping.map((entry: unknown) => [isObject(entry) ? String(entry.provider) : '', entry] as const)
    : Object.entries(isObject(mapping) ? mapping : {})
  return entries.flatMap(([provider, entry]) => (isObject(entry) ? [[provider, entry] as const] : []))
}

function servedBy(mapping: unknown, model: string, hub: string): Served[] {
  return entriesOf(mapping).flatMap(([provider, entry]): Served[] => {
    const providerId = text(entry.providerId)
    if (providerId === undefined || entry.status === 'error') return []
    const weightsPath = entry.adapter === 'lora' ? text(entry.adapterWeightsPath) : undefined
    return [{ model, hub, provider, providerId, task: text(entry.task) ?? '', ...(weightsPath && { weightsPath }) }]
  })
}

/** A failure before anything was asked for that is paid. */
const unpaid = (error: TurnoutError): TurnoutError =>
  new TurnoutError(error.code, error.message, { ...error, delivered: false, cause: error.cause })

/**
 * The providers that serve a model, in the Hub's order, which is the account's
 * preference. Free of charge; kept for an hour.
 * Source: Hugging Face's Hub API, `expand[]=inferenceProviderMapping`, read November 2026.
 *
 * @throws TurnoutError of which it is certain that no paid request was sent
 */
export async function servedModels(model: string, connection: Connection): Promise<Served[]> {
  const hub = hubOf(connection)
  const key = `${connection.provider} ${hub} ${model}`
  const now = Date.now()
  const known = kept.get(key)
  if (known && known.until > now) return known.served
  try {
    const url = `${hub}/api/models/${asPath(model)}?expand[]=inferenceProviderMapping`
    const response = await exchange(url, { headers: credentialOf(connection) }, connection, huggingFaceError)
    const { inferenceProviderMapping } = await readObject(response, connection.provider)
    const served = servedBy(inferenceProviderMapping, model, hub)
    keep(key, served, now)
    return served
  } catch (error) {
    throw error instanceof TurnoutError ? unpaid(error) : error
  }
}
