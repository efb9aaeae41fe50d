import { countTokens } from '../text/tokens.ts'
import { vectorOf, wordsOfText } from '../text/vector.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'
import { badRequest } from './errors.ts'
import type { EmulatedModel, ModelTable } from './models.ts'
import { checkFields, type Fields } from './validate.ts'

const FIELDS: Fields = {
  model: { kind: 'string', required: true },
  input: { kind: 'any', required: true },
  dimensions: { kind: 'integer', min: 1 },
  encoding_format: { kind: 'string', values: ['float', 'base64'] },
  user: { kind: 'string' },
}

const MAX_INPUTS = 2048
const MAX_TOKENS = 8192

interface Input {
  /** What the vector is made of: words of a text, or token numbers. */
  features: string[]
  tokens: number
}

function fromText(text: string): Input {
  return { features: wordsOfText(text), tokens: countTokens(text) }
}

function fromTokens(tokens: number[]): Input {
  return { features: tokens.map((token) => `#${token}`), tokens: tokens.length }
}

const isTokens = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((token) => Number.isInteger(token) && token >= 0)

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function readInputs(input: unknown): Input[] {
  if (isText(input)) return [fromText(input)]
  if (isTokens(input)) return [fromTokens(input)]
  if (Array.isArray(input) && input.length > 0 && input.length <= MAX_INPUTS) {
    if (input.every(isText)) return input.map(fromText)
    if (input.every(isTokens)) return input.map(fromTokens)
  }
  throw badRequest("'$.input' is invalid. Please check the API reference.")
}

function readDimensions(asked: number | undefined, model: EmulatedModel): number {
  if (asked === undefined) return model.dimensions
  if (!model.shortens) throw badRequest('This model does not support specifying dimensions.', 'dimensions')
  if (asked <= model.dimensions) return asked
  throw badRequest(
    `Invalid value for 'dimensions' = ${asked}. Must be less than or equal to ${model.dimensions}.`,
    'dimensions',
  )
}

/** `POST /embeddings` */
export function embeddings(call: Call, world: World, models: ModelTable = world.models): Answer {
  const body = call.json ?? {}
  if (body.model === undefined) throw badRequest('you must provide a model parameter')
  checkFields(FIELDS, body, '', 'argument')
  const model = models.use(body.model as string, 'embedding')
  const inputs = readInputs(body.input)
  const longest = Math.max(...inputs.map((input) => input.tokens))
  if (longest > MAX_TOKENS) {
    throw badRequest(
      `This model's maximum context length is ${MAX_TOKENS} tokens, however you requested ${longest} tokens. Please reduce your prompt.`,
    )
  }
  const dimensions = readDimensions(body.dimensions as number | undefined, model)
  const tokens = inputs.reduce((sum, input) => sum + input.tokens, 0)
  const encode = (vector: Float32Array): unknown =>
    body.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : Array.from(vector)
  return {
    streamed: false,
    model: model.id,
    charge: { model: model.id, inputTokens: tokens, cachedInputTokens: 0, outputTokens: 0, images: 0 },
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: (): JsonObject => ({
      object: 'list',
      data: inputs.map((input, index) => ({
        object: 'embedding',
        index,
        embedding: encode(vectorOf(input.features, model.snapshot, dimensions)),
      })),
      model: model.id,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    }),
  }
}
