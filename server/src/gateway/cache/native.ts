import type { GeneratedImage, GeneratedText, GenerateImage, GenerateText, Served, TextEvent } from '@turnout/contract'
import type { Registry } from '../../registry/types.ts'
import { nativeRoute } from '../text.ts'
import type { Caller, Generation } from '../types.ts'
import type { AnswerCache } from './cache.ts'
import { cacheKey } from './key.ts'
import { cachePlan } from './rule.ts'
import type { Source } from './shared.ts'
import { CachedValues, type Wanted } from './values.ts'

type Summary = Extract<TextEvent, { finishReason: unknown }>

/** A text with what the last event of its stream said. */
type KeptText = GeneratedText & Pick<Summary, 'validation'>

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
  readonly #values: CachedValues

  constructor(generation: Generation, registry: Registry, cache: AnswerCache) {
    this.#generation = generation
    this.#registry = registry
    this.#values = new CachedValues(cache)
  }

  async text(input: GenerateText, caller: Caller): Promise<GeneratedText> {
    const wanted = this.#wantedText(input, caller)
    if (wanted === undefined) return this.#generation.text(input, caller)
    const kept = this.#values.find<KeptText>(wanted, caller)
    if (kept) {
      const { validation: _, ...text } = kept
      return again(text, caller)
    }
    return this.#once(wanted, 'text', caller, async (signal) => {
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
    const kept = this.#values.find<KeptText>(wanted, caller)
    if (kept) {
      const { content, ...rest } = again(kept, caller)
      if (content !== '') yield { content }
      yield { ...rest, content: '' }
      return
    }
    const source: Source<TextEvent> = (signal) => this.#events(wanted, input, { ...caller, signal })
    const { reading, isFirst } = this.#values.join(wanted, 'events', caller, source)
    for await (const event of reading.read(caller.signal)) {
      if (isSummary(event)) yield isFirst ? { ...event, cached: false } : again(event, caller)
      else if ('error' in event) yield { error: { ...event.error, requestId: caller.requestId } }
      else yield event
    }
  }

  async image(input: GenerateImage, caller: Caller): Promise<GeneratedImage> {
    const wanted = this.#wanted('image', input, caller)
    if (wanted === undefined) return this.#generation.image(input, caller)
    const kept = this.#values.find<GeneratedImage>(wanted, caller)
    if (kept) return again(kept, caller)
    return this.#once(wanted, 'image', caller, async (signal) => {
      const image = await this.#generation.image(input, { ...caller, signal })
      const bytes = sizeOf(...image.images.map(({ base64 }) => base64))
      if (keepsImages(image, input)) this.#values.keep(wanted, image, bytes)
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

  /** One answer for all who wait for it. */
  async #once<T extends Served>(
    wanted: Wanted,
    form: string,
    caller: Caller,
    make: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { value, isFirst } = await this.#values.once(wanted, form, caller, make)
    return isFirst ? { ...value, cached: false } : again(value, caller)
  }

  async *#events(wanted: Wanted, input: GenerateText, caller: Caller): AsyncGenerator<TextEvent, void> {
    let content = ''
    for await (const event of this.#generation.textEvents(input, caller)) {
      if (isSummary(event)) this.#keepText(wanted, { ...event, content })
      else if ('content' in event) content += event.content
      yield event
    }
  }

  #keepText(wanted: Wanted, text: KeptText): void {
    if (keepsText(text)) this.#values.keep(wanted, text, sizeOf(text.content))
  }
}
