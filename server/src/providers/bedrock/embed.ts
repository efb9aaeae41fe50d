import type { Connection, EmbedAdapter, EmbedCall, EmbedResult } from '../../core/adapter.ts'
import { countOf } from '../../core/count.ts'
import { TurnoutError } from '../../core/error.ts'
import { isObject } from '../../lib/objects.ts'
import { awsRequestId } from '../shared/aws/call.ts'
import { readObject } from '../shared/exchange.ts'
import { invalidOutput } from '../shared/failure.ts'
import { callModel } from './door.ts'

interface Embedded {
  vectors: number[][]
  tokens: number | undefined
  upstreamRequestId: string | undefined
}

const isVector = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'number')

/** Counts come in headers, too. */
const count = (value: unknown): number | undefined => countOf(Number(value ?? Number.NaN))

/** Source: Bedrock user guide, Amazon Titan Embeddings Text, read November 2026. */
const titanBody = ({ defaults, dimensions }: EmbedCall, [text]: readonly string[]) => ({
  ...defaults,
  inputText: text,
  ...(dimensions !== undefined && { dimensions }),
})

/** Source: Bedrock user guide, Cohere Embed v3 and v4, read November 2026. */
const cohereBody = ({ defaults, dimensions }: EmbedCall, texts: readonly string[]) => ({
  input_type: 'search_document',
  ...defaults,
  texts,
  ...(dimensions !== undefined && { output_dimension: dimensions, embedding_types: ['float'] }),
})

/** Cohere answers a list of vectors, or lists of them by type. */
function readVectors({ embedding, embeddings }: Readonly<Record<string, unknown>>): number[][] {
  if (isVector(embedding)) return [embedding]
  const list = isObject(embeddings) ? embeddings.float : embeddings
  return Array.isArray(list) ? (list as unknown[]).filter(isVector) : []
}

async function ask(call: EmbedCall, texts: readonly string[], connection: Connection): Promise<Embedded> {
  const body = /titan/.test(call.model) ? titanBody(call, texts) : cohereBody(call, texts)
  const response = await callModel('invoke', call.model, body, connection)
  const answer = await readObject(response, connection.provider)
  const vectors = readVectors(answer)
  if (vectors.length !== texts.length) {
    const what = `answered ${texts.length} texts with ${vectors.length} vectors`
    throw invalidOutput(connection.provider, what, response)
  }
  const tokens = count(answer.inputTextTokenCount) ?? count(response.headers['x-amzn-bedrock-input-token-count'])
  return { vectors, tokens, upstreamRequestId: awsRequestId(response) }
}

/** Titan takes one text per call, Cohere 96; so many calls are sent at once. */
const COHERE_TEXTS = 96
const AT_ONCE = 8

async function embed(call: EmbedCall, connection: Connection): Promise<EmbedResult> {
  const { provider } = connection
  const isTitan = /amazon\.titan-embed/.test(call.model)
  if (!isTitan && !/cohere\.embed/.test(call.model)) {
    const message = `${provider} has no embeddings by ${call.model} that Turnout could ask for.`
    throw new TurnoutError('capability_missing', message, { provider, param: 'model', delivered: false })
  }
  const portion = isTitan ? 1 : COHERE_TEXTS
  const results: Embedded[] = []
  for (let at = 0; at < call.texts.length; at += portion * AT_ONCE) {
    const portions: string[][] = []
    for (let from = at; from < Math.min(at + portion * AT_ONCE, call.texts.length); from += portion)
      portions.push(call.texts.slice(from, from + portion))
    results.push(...(await Promise.all(portions.map((texts) => ask(call, texts, connection)))))
  }
  const isCounted = results.length > 0 && results.every(({ tokens }) => tokens !== undefined)
  return {
    vectors: results.flatMap(({ vectors }) => vectors),
    usage: isCounted ? { inputTokens: results.reduce((sum, { tokens }) => sum + tokens!, 0) } : {},
    warnings: [],
    upstreamRequestId: results.at(-1)?.upstreamRequestId,
  }
}

/** Embeddings by Amazon Titan and Cohere. */
export const bedrockEmbed: EmbedAdapter = { embed }
