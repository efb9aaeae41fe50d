import type { GeneratedImage, GeneratedText, GenerateImage, GenerateText, Served, TextEvent } from '@turnout/contract'
import type { Registry } from '../../registry/types.ts'
import { nativeRoute } from '../text.ts'
import type { Caller, Generation } from '../types.ts'
import type { AnswerCache } from './cache.ts'
import { cacheKey } from './key.ts'
import { type CachePlan, cachePlan } from './rule.ts'
import { SharedReading, type Source } from './shared.ts'

type Summary = Extract<TextEvent, { finishReason: unknown }>

/** A text with what the last event of its stream said. */
type KeptText = GeneratedText & Pick<Summary, 'validation'>

interface Wanted {
  plan: CachePlan
  key: string
}

/** What the words of an answer take besides its content, about. */
const WORDS_BYTES = 1024

const sizeOf = (...texts: readonly (string | undefined)[]): number =>
  texts.reduce((sum, text = '') => sum + Buffer.byteLength(text), WORDS_BYTES)

/** What was withheld may be given the next time. */
const keepsText = ({ finishReason, validation }: Pick<KeptText, 'finishReason' | 'validation'>): boolean =>
  finishReason !== 'content-filter' && finishReason !== 'error' && validation?.passed !== false

/** All pictures that were asked for are there, and none of them is a link, which would expire. */
const keepsImages = ({ images }: GeneratedImage, { count }: GenerateImage): boolean =>
  images.length >= count && images.every(({ base64 }) => base64 !== undefined)

/** The answer as it is told to somebody for whom it was not made. */
const again = <T extends Served>(served: T, { requestId }: Caller): T => ({
  ...served,
  requestId,
  attempts: 0,
  ...(served.fallbacks !== undefined && { fallbacks: 0 }),
  hedged: undefined,
  cost: '0',
  cached: true,
})

const isSummary = (event: TextEvent): event is Summary => 'finishReason' in event

/** The use cases of the native API, where an answer may be one that is kept. */
export class CachedGeneration implements Generation {
  readonly #generation: Generation
  readonly #registry: Registry
  readonly #cache: AnswerCache

  constructor(generation: Generation, registry: Registry, cache: AnswerCache) {
    this.#generation = generation
    this.#registry = registry
    this.#cache = cache
  }

  async text(input: GenerateText, caller: Caller): Promise<GeneratedText> {
    const wanted = this.#wantedText(input, caller)
    if (wanted === undefined) return this.#generation.text(input, caller)
    const kept = this.#find<KeptText>(wanted, caller)
    if (kept) {
      const { validation: _, ...text } = kept
      return again(text, caller)
    }
    return this.#once(wanted, `${wanted.key}:text`, caller, async (signal) => {
      const text = await this.#generation.text(input, { ...caller, signal })
      this.#keepText(wanted, text)
      return text
    })
  }

  async *textEvents(input: GenerateText, caller: Caller): AsyncGenerator<TextEvent, void> {
    const wanted = this.#wantedText(input, caller)
    if (wanted === undefined) {
      yield* this.#generation.textEvents(input, caller)
      return
    }
    const kept = this.#find<KeptText>(wanted, caller)
    if (kept) {
      const { content, ...rest } = again(kept, caller)
      if (content !== '') yield { content }
      yield { ...rest, content: '' }
      return
    }
    const source: Source<TextEvent> = (signal) => this.#events(wanted, input, { ...caller, signal })
    const { reading, isFirst } = this.#join(wanted, `${wanted.key}:events`, caller, source)
    for await (const event of reading.read(caller.signal)) {
      if (isSummary(event)) yield isFirst ? { ...event, cached: false } : again(event, caller)
      else if ('error' in event) yield { error: { ...event.error, requestId: caller.requestId } }
      else yield event
    }
  }

  async image(input: GenerateImage, caller: Caller): Promise<GeneratedImage> {
    const wanted = this.#wanted('image', input, caller)
    if (wanted === undefined) return this.#generation.image(input, caller)
    const kept = this.#find<GeneratedImage>(wanted, caller)
    if (kept) return again(kept, caller)
    return this.#once(wanted, `${wanted.key}:image`, caller, async (signal) => {
      const image = await this.#generation.image(input, { ...caller, signal })
      const bytes = sizeOf(...image.images.map(({ base64 }) => base64))
      if (keepsImages(image, input)) {
        this.#cache.keep(wanted.key, wanted.plan.ttlMs, { kind: 'native', value: image }, bytes)
      }
      return image
    })
  }

  #wantedText({ stream: _, validate, ...rest }: GenerateText, caller: Caller): Wanted | undefined {
    return this.#wanted('text', rest, caller, validate)
  }

  #wanted(
    api: 'text' | 'image',
    input: Omit<GenerateText, 'stream' | 'validate'> | GenerateImage,
    caller: Caller,
    validate?: GenerateText['validate'],
  ): Wanted | undefined {
    const { modelId: _, role: __, session: ___, productType, cache, ...body } = input
    const route = nativeRoute(this.#registry, input, caller)
    const plan = cachePlan(route, cache, caller.cache)
    if (plan === undefined) return undefined
    const { keyId } = caller.principal
    const routeOf = (name: string) => this.#registry.snapshot.route(name)
    const asking = { api: `native ${api}`, route, productType, keyId, body, validate }
    return { plan, key: cacheKey({ ...asking, ...(api === 'text' && { routeOf }) }, plan) }
  }

  #find<T extends Served>({ key, plan }: Wanted, caller: Caller): T | undefined {
    const kept = plan.anew ? undefined : this.#cache.find(key, plan.ttlMs)
    if (kept?.answer.kind !== 'native') return undefined
    this.#cache.counts.hit += 1
    caller.onCache?.('hit', this.#cache.ageOf(kept))
    return kept.answer.value as unknown as T
  }

  /** One item for all who wait for it. */
  async #once<T extends Served>(
    wanted: Wanted,
    key: string,
    caller: Caller,
    make: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const source: Source<T> = async function* (signal) {
      yield await make(signal)
    }
    const { reading, isFirst } = this.#join(wanted, key, caller, source)
    const [value] = await Array.fromAsync(reading.read(caller.signal))
    return isFirst ? { ...value!, cached: false } : again(value!, caller)
  }

  #join<T>({ plan }: Wanted, key: string, caller: Caller, source: Source<T>) {
    const { readings, counts } = this.#cache
    const known = plan.anew ? undefined : (readings.get(key) as SharedReading<T> | undefined)
    const reading: SharedReading<T> =
      known ??
      new SharedReading<T>(source, () => {
        if (readings.get(key) === reading) readings.delete(key)
      })
    if (known === undefined) readings.set(key, reading as SharedReading<unknown>)
    const status = known ? 'shared' : 'miss'
    counts[status] += 1
    caller.onCache?.(status)
    return { reading, isFirst: known === undefined }
  }

  async *#events(wanted: Wanted, input: GenerateText, caller: Caller): AsyncGenerator<TextEvent, void> {
    let content = ''
    for await (const event of this.#generation.textEvents(input, caller)) {
      if (isSummary(event)) this.#keepText(wanted, { ...event, content })
      else if ('content' in event) content += event.content
      yield event
    }
  }

  #keepText({ key, plan }: Wanted, text: KeptText): void {
    if (!keepsText(text)) return
    this.#cache.keep(key, plan.ttlMs, { kind: 'native', value: text }, sizeOf(text.content))
  }
}
