import type { EmbeddingsRequest, Usage } from '@turnout/contract'
import type { EmbedCall } from '../adapter.ts'
import { TurnoutError } from '../error.ts'
import type { CallTarget } from './chat-call.ts'

/** A request for embeddings in no provider's words. @throws TurnoutError capability_missing for tokens instead of text */
export function embedCall({ input, dimensions, model }: EmbeddingsRequest, target: CallTarget): EmbedCall {
  const texts = typeof input === 'string' ? [input] : input
  if (!texts.every((text) => typeof text === 'string')) {
    throw new TurnoutError('capability_missing', `Model ${model} takes text, not tokens.`, { param: 'input' })
  }
  return { model: target.model, texts, dimensions: dimensions ?? undefined, defaults: target.defaults }
}

/** Numbers of 32 bits, the lowest byte first, as all of OpenAI's SDKs read them. */
function base64(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  for (let i = 0; i < vector.length; i += 1) bytes.writeFloatLE(vector[i]!, i * 4)
  return bytes.toString('base64')
}

/** Vectors as OpenAI answers them. */
export function encodeEmbeddings(
  vectors: readonly (readonly number[])[],
  { model, format, usage, warnings }: { model: string; format: 'float' | 'base64'; usage: Usage; warnings: string[] },
): string {
  const { inputTokens } = usage
  return JSON.stringify({
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: format === 'base64' ? base64(vector) : vector,
    })),
    model,
    usage: inputTokens === undefined ? undefined : { prompt_tokens: inputTokens, total_tokens: inputTokens },
    turnout: warnings.length > 0 ? { warnings } : undefined,
  })
}
