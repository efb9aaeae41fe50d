import type { Connection, EmbedAdapter, EmbedCall, EmbedResult } from '../../core/adapter.ts'
import { isObject } from '../../lib/objects.ts'
import { callModel } from '../google/door.ts'
import { readVector } from '../google/embed.ts'
import { present } from '../google/request.ts'
import { readUsage } from '../google/usage.ts'
import { readObject } from '../shared/exchange.ts'
import { invalidOutput } from '../shared/failure.ts'
import { vertexDoor } from './door.ts'

interface Embedded {
  vectors: number[][]
  tokens: number | undefined
}

/** Parameters of a single text; the others are of the whole request. */
const OF_INSTANCE: ReadonlySet<string> = new Set(['task_type', 'taskType', 'title'])

/** `:predict`, for text-embedding-* and gemini-embedding-001. */
async function predict(call: EmbedCall, texts: readonly string[], connection: Connection): Promise<Embedded> {
  const defaults = Object.entries(call.defaults ?? {})
  const ofText = Object.fromEntries(defaults.filter(([name]) => OF_INSTANCE.has(name)))
  const ofRequest = Object.fromEntries(defaults.filter(([name]) => !OF_INSTANCE.has(name)))
  const response = await callModel(vertexDoor, connection, call.model, 'predict', {
    instances: texts.map((content) => ({ ...ofText, content })),
    parameters: present({ ...ofRequest, ...present({ outputDimensionality: call.dimensions }) }),
  })
  const { predictions } = await readObject(response, connection.provider)
  const vectors: number[][] = []
  let tokens: number | undefined
  for (const prediction of Array.isArray(predictions) ? (predictions as unknown[]) : []) {
    const embeddings = isObject(prediction) ? prediction.embeddings : undefined
    const vector = readVector(embeddings)
    if (vector === undefined || !isObject(embeddings)) continue
    vectors.push(vector)
    const { token_count } = isObject(embeddings.statistics) ? embeddings.statistics : {}
    if (typeof token_count === 'number') tokens = (tokens ?? 0) + token_count
  }
  if (vectors.length === texts.length) return { vectors, tokens }
  const what = `answered ${texts.length} texts with ${vectors.length} vectors`
  throw invalidOutput(connection.provider, what, response)
}

/** `:embedContent`, for the models since gemini-embedding-2: one text each. */
async function embedContent(call: EmbedCall, content: string, connection: Connection): Promise<Embedded> {
  const response = await callModel(vertexDoor, connection, call.model, 'embedContent', {
    content: { parts: [{ text: content }] },
    embedContentConfig: present({ ...call.defaults, ...present({ outputDimensionality: call.dimensions }) }),
  })
  const { embedding, usageMetadata } = await readObject(response, connection.provider)
  const vector = readVector(embedding)
  if (vector === undefined) throw invalidOutput(connection.provider, 'answered a text without a vector', response)
  return { vectors: [vector], tokens: readUsage(usageMetadata)?.inputTokens }
}

/** How many single texts are sent at once. */
const AT_ONCE = 8

async function embed(call: EmbedCall, connection: Connection): Promise<EmbedResult> {
  const isFirst = call.model === 'gemini-embedding-001'
  const isGemini = call.model.includes('gemini') && !isFirst
  const ask = (texts: readonly string[]) =>
    isGemini ? embedContent(call, texts[0]!, connection) : predict(call, texts, connection)
  // All Gemini models take one text at a time.
  const portion = isGemini || isFirst ? 1 : call.texts.length
  const results: Embedded[] = []
  for (let at = 0; at < call.texts.length; at += portion * AT_ONCE) {
    const portions: string[][] = []
    for (let from = at; from < Math.min(at + portion * AT_ONCE, call.texts.length); from += portion) {
      portions.push(call.texts.slice(from, from + portion))
    }
    results.push(...(await Promise.all(portions.map(ask))))
  }
  const isCounted = results.length > 0 && results.every(({ tokens }) => tokens !== undefined)
  return {
    vectors: results.flatMap(({ vectors }) => vectors),
    usage: isCounted ? { inputTokens: results.reduce((sum, { tokens }) => sum + tokens!, 0) } : {},
    warnings: [],
  }
}

/**
 * Embeddings of Vertex AI. Source: Vertex AI, text embeddings API, and
 * Google's SDK 3.1 for which model takes which call, read November 2026.
 */
export const vertexEmbed: EmbedAdapter = { embed }
