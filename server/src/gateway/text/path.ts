import type { Model } from '@turnout/contract'
import type { ProviderAdapter } from '../../core/adapter.ts'
import type { OutputPlan } from '../../core/structured/output.ts'

/**
 * The one rule by which a chat of OpenAI's dialect takes its way: as bytes to
 * an upstream that speaks the dialect itself, else through the adapter's text.
 * A model that must be told in words in which form to answer is called through
 * its adapter too, because its answer is not passed on as it comes.
 */
export const chatPassesThrough = (
  adapter: ProviderAdapter | undefined,
  { flags }: Pick<Model, 'flags'>,
  output?: OutputPlan,
): boolean => embeddingsPassThrough(adapter) && flags.api !== 'responses' && output?.instructed !== true

/** The same for embeddings, of which there is but one API. */
export const embeddingsPassThrough = (adapter: ProviderAdapter | undefined): boolean => adapter?.openai !== undefined
