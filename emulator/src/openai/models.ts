import type { JsonObject } from '../types.ts'
import { ApiError, modelNotFound } from './errors.ts'

export type ModelKind = 'chat' | 'embedding' | 'image'

export interface EmulatedModel {
  id: string
  kind: ModelKind
  /** Unix seconds. */
  created: number
  ownedBy: string
  /** The dated id that answers carry in place of an alias. */
  snapshot: string
  /** Chat: thinks before it answers, and so refuses sampling settings and `max_tokens`. */
  reasoning: boolean
  /** Chat: fields that this model refuses beyond what its kind refuses. */
  refuses: readonly string[]
  /** Chat: the Responses API alone serves it. */
  responsesOnly: boolean
  /** Tokens of input that fit. */
  contextTokens: number
  /** Embeddings: length of the whole vector, and whether a shorter one may be asked for. */
  dimensions: number
  shortens: boolean
  /** Images: any size by the rules of gpt-image-2, not only the three standard ones. */
  freeSize: boolean
  /** Images: values beyond the common ones. */
  moreQualities: readonly string[]
  moreFormats: readonly string[]
  /** Images: takes `input_fidelity`. */
  fidelity: boolean
}

const BASE: Omit<EmulatedModel, 'id' | 'kind' | 'snapshot'> = {
  created: 1_767_225_600,
  ownedBy: 'system',
  reasoning: false,
  refuses: [],
  responsesOnly: false,
  contextTokens: 128_000,
  dimensions: 1536,
  shortens: true,
  freeSize: false,
  moreQualities: [],
  moreFormats: [],
  fidelity: true,
}

/** Models by kind and id, with what they do not share with the common one. */
export type Known = Partial<Record<ModelKind, Record<string, Partial<EmulatedModel>>>>

const REASONING = { reasoning: true, contextTokens: 400_000 }
const LONG = { reasoning: true, contextTokens: 1_050_000 }
const FINER = { freeSize: true, moreQualities: ['xhigh', 'max'] }

/**
 * The models that still live. Retired ones (dall-e-2, dall-e-3, gpt-image-1, sora-2 and older)
 * are simply absent: OpenAI answers for them as for an id that never was.
 */
const KNOWN: Known = {
  chat: {
    'gpt-6-astra': LONG,
    'gpt-6-sol': LONG,
    'gpt-6-luna': LONG,
    'gpt-6.1-sol': LONG,
    'gpt-6.1-terra': LONG,
    'gpt-5.6-sol': LONG,
    'gpt-5.6-terra': LONG,
    'gpt-5.6-luna': LONG,
    'gpt-5.5-pro': { ...LONG, responsesOnly: true },
    'gpt-5.4-pro': { ...LONG, responsesOnly: true },
    'gpt-5.2-pro': { ...REASONING, responsesOnly: true },
    'gpt-5-pro': { ...REASONING, responsesOnly: true, snapshot: 'gpt-5-pro-2025-10-06' },
    'o3-pro': { ...REASONING, responsesOnly: true, contextTokens: 200_000, snapshot: 'o3-pro-2025-06-10' },
    'gpt-5.5': { ...LONG, snapshot: 'gpt-5.5-2026-04-23' },
    'gpt-5.4': LONG,
    'gpt-5.4-mini': { ...REASONING, snapshot: 'gpt-5.4-mini-2026-03-17' },
    'gpt-5.4-nano': { ...REASONING, snapshot: 'gpt-5.4-nano-2026-03-17' },
    'gpt-5.2': { ...REASONING, snapshot: 'gpt-5.2-2025-12-11' },
    'gpt-5.1': { ...REASONING, snapshot: 'gpt-5.1-2025-11-13' },
    'gpt-5': { ...REASONING, snapshot: 'gpt-5-2025-08-07' },
    'gpt-5-mini': { ...REASONING, snapshot: 'gpt-5-mini-2025-08-07' },
    'gpt-5-nano': { ...REASONING, snapshot: 'gpt-5-nano-2025-08-07' },
    o3: { ...REASONING, contextTokens: 200_000, snapshot: 'o3-2025-04-16', refuses: ['stop'] },
    'gpt-4.1': { contextTokens: 1_047_576, snapshot: 'gpt-4.1-2025-04-14' },
    'gpt-4.1-mini': { contextTokens: 1_047_576, snapshot: 'gpt-4.1-mini-2025-04-14' },
    'gpt-4o': { snapshot: 'gpt-4o-2024-08-06' },
    'gpt-4o-mini': { snapshot: 'gpt-4o-mini-2024-07-18' },
  },
  embedding: {
    'text-embedding-3-small': {},
    'text-embedding-3-large': { dimensions: 3072 },
    'text-embedding-ada-002': { shortens: false },
  },
  image: {
    'gpt-image-2.6-sunburst': { ...FINER, moreFormats: ['gif', 'svg'] },
    'gpt-image-2.5-sunburst': FINER,
    'gpt-image-2.5-flare': FINER,
    'gpt-image-2': { freeSize: true, snapshot: 'gpt-image-2-2026-04-21' },
    'gpt-image-1.5': {},
    'gpt-image-1-mini': { fidelity: false },
    'chatgpt-image-latest': {},
  },
}

/** What an id that the caller added most likely is. */
function guess(id: string): EmulatedModel {
  const kind: ModelKind = /embed/i.test(id) ? 'embedding' : /image/i.test(id) ? 'image' : 'chat'
  const reasoning = kind === 'chat' && /^(o\d|gpt-[5-9])/.test(id)
  return { ...BASE, id, kind, snapshot: id, ownedBy: 'emulated', reasoning, freeSize: true }
}

const ENDPOINT: Record<ModelKind, string> = {
  chat: 'v1/chat/completions',
  embedding: 'v1/embeddings',
  image: 'v1/images/generations',
}

export class ModelTable {
  readonly #models = new Map<string, EmulatedModel>()

  /** @param known the models of a provider that speaks OpenAI's protocol; OpenAI's own unless said otherwise */
  constructor(more: readonly string[], known: Known = KNOWN) {
    for (const kind of ['chat', 'embedding', 'image'] as const) {
      for (const [id, own] of Object.entries(known[kind] ?? {})) {
        const model: EmulatedModel = { ...BASE, id, kind, snapshot: id, ...own }
        this.#models.set(id, model)
        if (model.snapshot !== id) this.#models.set(model.snapshot, { ...model, id: model.snapshot })
      }
    }
    for (const id of more) if (!this.#models.has(id)) this.#models.set(id, guess(id))
  }

  all(): EmulatedModel[] {
    return [...this.#models.values()]
  }

  find(id: string): EmulatedModel | undefined {
    return this.#models.get(id)
  }

  /**
   * The model for an endpoint.
   *
   * @throws ApiError 404 for an unknown or retired id, and for a model of another kind.
   */
  use(id: string, kind: ModelKind): EmulatedModel {
    const model = this.#models.get(id)
    if (!model) throw modelNotFound(id)
    if (model.kind !== kind) {
      throw new ApiError(404, {
        message: `The model \`${id}\` is not supported in the ${ENDPOINT[kind]} endpoint.`,
        param: 'model',
      })
    }
    return model
  }
}

/** A model as the list and the retrieve operation show it. */
export function publicModel(model: EmulatedModel): JsonObject {
  return { id: model.id, object: 'model', created: model.created, owned_by: model.ownedBy, shutdown_date: null }
}
