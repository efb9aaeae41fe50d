import type { RecordedRequest } from '@turnout/emulator'

/** One of the calls that make a job: what tells it from all others at the provider. */
export interface Order {
  /** Of the idempotency key and of the prompt. */
  name: string
  /** The round in which it was first sent. */
  round: number
  body: object
  /** Whether a webhook tells of its end. */
  told: boolean
  /** Names of the generations that it takes. */
  generations: string[]
  /** Known once the server has accepted it. */
  jobId?: string
}

/** What one picture costs at either provider, in nano-dollars: 3 credits of BFL, and Stability's list. */
export const PRICE_NANO = 30_000_000n

interface Kind {
  model: string
  options?: object
  count?: number
  /** Nobody hears of it by a webhook: its end takes a shorter way. */
  quiet?: boolean
}

/** What is ordered in one round: work that is polled, work of two calls, and bytes in the answer, with and without a webhook. */
const KINDS: readonly Kind[] = [
  { model: 'flux-2-pro', options: { width: 256, height: 256 } },
  { model: 'stable-image-core' },
  { model: 'flux-2-pro', options: { width: 256, height: 256, num_images: 2 }, count: 2 },
  { model: 'flux-2-pro', options: { width: 256, height: 256 } },
  { model: 'stable-image-core', quiet: true },
]

let orders = 0

export function ordersOf(round: number, webhook: object): Order[] {
  return KINDS.map(({ model, options, count = 1, quiet = false }) => {
    orders += 1
    const name = `order-${process.pid}-${orders}`
    return {
      name,
      round,
      body: {
        model,
        inputs: { prompt: `A red door ${name}.` },
        options: { ...options, seed: 1 },
        ...(!quiet && { webhook }),
        wait: 0,
      },
      told: !quiet,
      generations: Array.from({ length: count }, (_, place) => `${name} ${1 + place}`),
    }
  })
}

/** Which generation a request to the provider asked for; undefined for every other request. */
export function generationOf({ method, body }: RecordedRequest): string | undefined {
  if (method !== 'POST' || typeof body !== 'object' || body === null) return undefined
  const { prompt, seed } = body as { prompt?: unknown; seed?: unknown }
  const name = /order-\d+-\d+/.exec(String(prompt))?.[0]
  return name === undefined ? undefined : `${name} ${String(seed)}`
}
