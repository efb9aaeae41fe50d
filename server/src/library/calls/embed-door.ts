import type { EmbedAdapter, EmbedResult, OpenAIDoor } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { readUsage } from '../../core/openai/usage.ts'

interface Answer {
  data?: { index?: number; embedding?: unknown }[]
  usage?: unknown
}

const isVector = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((number) => typeof number === 'number')

/** The vectors in the order of the texts; undefined where the answer is none. */
function vectorsOf({ data }: Answer): number[][] | undefined {
  if (!Array.isArray(data)) return undefined
  const vectors: number[][] = []
  for (const [place, { index = place, embedding }] of data.entries()) {
    if (!isVector(embedding)) return undefined
    vectors[index] = embedding
  }
  return vectors
}

function parse(text: string): Answer {
  try {
    return (JSON.parse(text) ?? {}) as Answer
  } catch {
    return {}
  }
}

/** Embeddings of an upstream that speaks OpenAI's dialect, through the door by which the gateway passes bytes on. */
export const embedThroughDoor = (door: OpenAIDoor): EmbedAdapter => ({
  async embed({ model, texts, dimensions, defaults }, connection): Promise<EmbedResult> {
    const { provider, signal } = connection
    const { url, headers } = door.request('embeddings', connection)
    const asked = { ...defaults, model, input: texts, ...(dimensions !== undefined && { dimensions }) }
    const response = await connection.transport(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ ...asked, ...door.rewrite('embeddings', asked, connection.flags) }),
      signal,
    })
    const text = await response.text()
    if (response.status >= 300) throw door.error(response.status, response.headers, text, provider)
    const answer = parse(text)
    const vectors = vectorsOf(answer)
    const upstreamRequestId = response.headers['x-request-id']
    if (vectors === undefined) {
      throw new TurnoutError('invalid_output', `${provider} answered something that is no list of vectors.`, {
        provider,
        upstreamRequestId,
      })
    }
    return { vectors, usage: readUsage(answer.usage), warnings: [], upstreamRequestId }
  },
})
