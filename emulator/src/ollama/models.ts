import type { Known } from '../openai/models.ts'
import { Refusal } from '../refusal.ts'
import type { JsonObject, World } from '../types.ts'

export interface OllamaModel {
  id: string
  family: string
  parameters: string
  contextTokens: number
  thinks: boolean
  tools: boolean
  vision: boolean
}

const BASE: Omit<OllamaModel, 'id'> = {
  family: 'llama',
  parameters: '8.0B',
  contextTokens: 131_072,
  thinks: false,
  tools: true,
  vision: false,
}

const KNOWN: Readonly<Record<string, Partial<OllamaModel>>> = {
  'llama3.2:latest': {},
  'qwen3:8b': { family: 'qwen3', contextTokens: 40_960, thinks: true },
  'gemma3:12b': { family: 'gemma3', parameters: '12.2B', tools: false, vision: true },
}

/** The same models for the routes that speak OpenAI's protocol. */
export const COMPATIBLE: Known = { chat: Object.fromEntries(Object.keys(KNOWN).map((id) => [id, {}])) }

export function ollamaModels(world: World): OllamaModel[] {
  const more = world.moreModels.filter((id) => !Object.hasOwn(KNOWN, id)).map((id) => [id, {}] as const)
  return [...Object.entries(KNOWN), ...more].map(([id, own]) => ({ ...BASE, ...own, id }))
}

/** A name without a tag means the tag `latest`. @throws Refusal 404 */
export function ollamaModel(name: string, world: World): OllamaModel {
  const model = ollamaModels(world).find(({ id }) => id === name || id === `${name}:latest`)
  if (!model) throw new Refusal(404, 'not found', { error: `model '${name}' not found` })
  return model
}

/** A model as `/api/tags` lists it. */
export function tagOf({ id, family, parameters }: OllamaModel): JsonObject {
  return {
    name: id,
    model: id,
    modified_at: '2026-01-01T00:00:00Z',
    size: 5_030_000_000,
    digest: 'a'.repeat(64),
    details: {
      parent_model: '',
      format: 'gguf',
      family,
      families: [family],
      parameter_size: parameters,
      quantization_level: 'Q4_K_M',
    },
  }
}

/** A model as `/api/show` describes it. */
export function shownModel(model: OllamaModel): JsonObject {
  const { family, contextTokens, thinks, tools, vision } = model
  const capabilities = ['completion', tools && 'tools', vision && 'vision', thinks && 'thinking'].filter(Boolean)
  return {
    details: tagOf(model).details,
    model_info: { 'general.architecture': family, [`${family}.context_length`]: contextTokens },
    capabilities,
  }
}
