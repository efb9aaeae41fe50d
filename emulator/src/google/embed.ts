import { checkShape } from '../shape.ts'
import { countTokens } from '../text/tokens.ts'
import { vectorOf, wordsOfText } from '../text/vector.ts'
import type { Answer, Call, World } from '../types.ts'
import { invalid } from './errors.ts'
import { EMBED_FIELDS } from './fields.ts'
import { googleModel } from './models.ts'

interface Request {
  model: string
  content: { parts?: { text?: string }[] }
  outputDimensionality?: number
}

const DIMENSIONS = 3072

function answer(requests: readonly Request[], id: string, world: World, single: boolean): Answer {
  const model = googleModel(id, 'embedContent', world)
  const texts = requests.map(({ content, model: named }) => {
    if (named !== `models/${id}`) throw invalid(`* BatchEmbedContentsRequest.requests: model mismatch: ${named}\n`)
    const text = (content.parts ?? []).map((part) => part.text ?? '').join('\n')
    if (text === '') throw invalid('* EmbedContentRequest.content: content is empty\n')
    return text
  })
  const vectors = () =>
    texts.map((text, index) => ({
      values: Array.from(vectorOf(wordsOfText(text), id, requests[index]?.outputDimensionality ?? DIMENSIONS)),
    }))
  return {
    streamed: false,
    model: model.id,
    charge: { model: model.id, inputTokens: texts.reduce((sum, text) => sum + countTokens(text), 0) },
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: () => (single ? { embedding: vectors()[0] } : { embeddings: vectors() }),
  }
}

/** `POST /models/{model}:batchEmbedContents` */
export function batchEmbedContents({ params, json }: Call, world: World): Answer {
  checkShape(EMBED_FIELDS, json ?? {})
  return answer((json as { requests: Request[] }).requests, params.model ?? '', world, false)
}

/** `POST /models/{model}:embedContent` */
export function embedContent({ params, json }: Call, world: World): Answer {
  const model = `models/${params.model}`
  const requests = [{ model, ...json }]
  checkShape(EMBED_FIELDS, { requests })
  return answer(requests as unknown as Request[], params.model ?? '', world, true)
}
