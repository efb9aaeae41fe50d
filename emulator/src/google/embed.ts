import { checkShape, type Shapes } from '../shape.ts'
import { countTokens } from '../text/tokens.ts'
import { vectorOf, wordsOfText } from '../text/vector.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'
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

/** `POST /models/{model}:embedContent`; Vertex AI has the settings in an object of their own. */
export function embedContent({ params, json }: Call, world: World): Answer {
  const model = `models/${params.model}`
  const { embedContentConfig, ...plain } = json ?? {}
  const settings =
    params.project === undefined ? { embedContentConfig } : (embedContentConfig as JsonObject | undefined)
  const requests = [{ model, ...plain, ...settings }]
  checkShape(EMBED_FIELDS, { requests })
  return answer(requests as unknown as Request[], params.model ?? '', world, true)
}

const TEXT = { is: 'string' } as const

const INSTANCE: Shapes = {
  content: { is: 'string', required: true, min: 1 },
  title: TEXT,
  task_type: TEXT,
  taskType: TEXT,
}

const PARAMETERS: Shapes = {
  autoTruncate: { is: 'boolean' },
  outputDimensionality: { is: 'integer', min: 1, max: DIMENSIONS },
}

/** `POST …/publishers/google/models/{model}:predict` of Vertex AI, for the first of the models that embed. */
export function predictEmbedding({ params, json }: Call, world: World): Answer {
  const id = params.model ?? ''
  const model = googleModel(id, 'embedContent', world)
  const { instances, parameters = {} } = json as { instances: { content: string }[]; parameters?: JsonObject }
  if (instances.length > 1) throw invalid('Only one instance is supported.')
  checkShape(INSTANCE, instances[0] ?? {}, ['instances', 0])
  checkShape(PARAMETERS, parameters, ['parameters'])
  const [{ content }] = instances as [{ content: string }]
  const token_count = countTokens(content)
  const length = (parameters.outputDimensionality as number | undefined) ?? DIMENSIONS
  const values = () => Array.from(vectorOf(wordsOfText(content), id, length))
  return {
    streamed: false,
    model: model.id,
    charge: { model: model.id, inputTokens: token_count },
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: () => ({
      predictions: [{ embeddings: { values: values(), statistics: { truncated: false, token_count } } }],
    }),
  }
}
