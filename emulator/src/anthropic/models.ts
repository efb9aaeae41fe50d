import type { JsonObject, World } from '../types.ts'
import { anthropicError } from './errors.ts'

export interface ClaudeModel {
  id: string
  /** The dated id that answers carry in place of an alias. */
  snapshot: string
  contextTokens: number
  maxOutputTokens: number
  /** Takes temperature, top_p and top_k. The later models have no sampling settings. */
  sampling: boolean
  /** Takes `thinking: {type: 'enabled', budget_tokens}`. The later models think adaptively or not at all. */
  budgets: boolean
  /** Takes `thinking: {type: 'adaptive'}`. */
  adaptive: boolean
  /** Continues an assistant message at the end of the conversation. */
  prefill: boolean
}

const OLD = {
  contextTokens: 200_000,
  maxOutputTokens: 64_000,
  sampling: true,
  budgets: true,
  adaptive: false,
  prefill: true,
}
const MIDDLE = { ...OLD, contextTokens: 1_000_000, adaptive: true, prefill: false }
const NEW = { ...MIDDLE, maxOutputTokens: 128_000, sampling: false, budgets: false }

/** Source of the ids: @anthropic-ai/sdk 1.12.0, type `Model`; which model takes what is UNVERIFIED against the service. */
const KNOWN: Readonly<Record<string, Omit<ClaudeModel, 'id' | 'snapshot'> & { snapshot?: string }>> = {
  'claude-fable-5-1': NEW,
  'claude-fable-5': NEW,
  'claude-opus-5-5': NEW,
  'claude-sonnet-5-5': NEW,
  'claude-haiku-5-5': NEW,
  'claude-opus-5': NEW,
  'claude-sonnet-5': NEW,
  'claude-opus-4-8': NEW,
  'claude-opus-4-7': NEW,
  'claude-opus-4-6': { ...MIDDLE, maxOutputTokens: 128_000 },
  'claude-sonnet-4-6': MIDDLE,
  'claude-opus-4-5': { ...OLD, snapshot: 'claude-opus-4-5-20251101' },
  'claude-sonnet-4-5': { ...OLD, snapshot: 'claude-sonnet-4-5-20250929' },
  'claude-haiku-4-5': { ...OLD, snapshot: 'claude-haiku-4-5-20251001' },
}

export function claudeModels(world: World): ClaudeModel[] {
  const known = Object.entries(KNOWN).map(([id, own]) => ({ snapshot: id, ...own, id }))
  const more = world.moreModels.filter((id) => !Object.hasOwn(KNOWN, id)).map((id) => ({ ...OLD, id, snapshot: id }))
  return [...known, ...more]
}

/** @throws Refusal 404 */
export function claudeModel(id: string, world: World): ClaudeModel {
  const model = claudeModels(world).find((candidate) => candidate.id === id || candidate.snapshot === id)
  if (!model) throw anthropicError(404, `model: ${id}`)
  return model
}

/** A model as the list and the retrieve operation show it. */
export function publicModel(model: ClaudeModel): JsonObject {
  return {
    type: 'model',
    id: model.snapshot,
    display_name: model.id.replace(/^claude-/, 'Claude ').replaceAll('-', ' '),
    created_at: '2026-01-01T00:00:00Z',
    lifecycle: 'active',
    deprecated_at: null,
    retires_at: null,
    line: null,
    capabilities: null,
    max_input_tokens: model.contextTokens,
    max_tokens: model.maxOutputTokens,
  }
}
