import type { Usage } from '@turnout/contract'
import type { Connection, EmbedAdapter, EmbedCall, EmbedResult } from '../../core/adapter.ts'
import { isObject } from '../../lib/objects.ts'
import { readObject } from '../shared/exchange.ts'
import { invalidOutput } from '../shared/failure.ts'
import { callModel, geminiDoor } from './door.ts'
import { present } from './request.ts'
import { readUsage } from './usage.ts'

/** The numbers of a vector; undefined where there are none. */
export function readVector(embedding: unknown): number[] | undefined {
  const values: unknown = isObject(embedding) ? embedding.values : undefined
  return Array.isArray(values) && values.length > 0 && values.every((each) => typeof each === 'number')
    ? values
    : undefined
}

async function embed(call: EmbedCall, connection: Connection): Promise<EmbedResult> {
  const { modelName } = await geminiDoor.enter(connection)
  const requests = call.texts.map((text) => ({
    ...call.defaults,
    ...present({ outputDimensionality: call.dimensions }),
    model: modelName(call.model),
    content: { parts: [{ text }] },
  }))
  const response = await callModel(geminiDoor, connection, call.model, 'batchEmbedContents', { requests })
  const { embeddings, usageMetadata } = await readObject(response, connection.provider)
  const vectors = (Array.isArray(embeddings) ? (embeddings as unknown[]) : []).flatMap((each) => {
    const vector = readVector(each)
    return vector ? [vector] : []
  })
  if (vectors.length !== call.texts.length) {
    const what = `answered ${call.texts.length} texts with ${vectors.length} vectors`
    throw invalidOutput(connection.provider, what, response)
  }
  const usage: Usage = readUsage(usageMetadata) ?? {}
  return { vectors, usage, warnings: [] }
}

/** Embeddings of the Gemini API. Source: Gemini API reference, batchEmbedContents, read November 2026. */
export const geminiEmbed: EmbedAdapter = { embed }
