import { forResults } from '../media/answers.ts'
import { picture, sizeOfRatio } from '../picture/plain.ts'
import { checkShape, type Shapes } from '../shape.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'
import { predictEmbedding } from './embed.ts'
import { invalid } from './errors.ts'
import { PREDICT_FIELDS } from './fields.ts'
import { googleModel, googleModels } from './models.ts'

const TEXT = { is: 'string' } as const
const ANY = { is: 'any' } as const
const PERSONS = ['dont_allow', 'allow_adult', 'allow_all']

/** Source: Gemini API docs, Imagen: configuration. `seed` and `negativePrompt` belong to Vertex AI. */
const IMAGEN: Shapes = {
  sampleCount: { is: 'integer', min: 1, max: 4 },
  aspectRatio: TEXT,
  imageSize: { is: 'string', values: ['1K', '2K'] },
  sampleImageSize: { is: 'string', values: ['1K', '2K'] },
  personGeneration: { is: 'string', values: PERSONS },
  negativePrompt: TEXT,
  seed: { is: 'integer', min: 0 },
  outputOptions: { is: 'object', fields: { mimeType: TEXT, compressionQuality: { is: 'integer', min: 0, max: 100 } } },
  includeRaiReason: { is: 'boolean' },
  includeSafetyAttributes: { is: 'boolean' },
  safetySetting: TEXT,
  addWatermark: { is: 'boolean' },
  enhancePrompt: { is: 'boolean' },
  language: TEXT,
  guidanceScale: { is: 'number' },
}

/** Source: Gemini API docs, Veo: parameters. */
const VEO: Shapes = {
  aspectRatio: { is: 'string', values: ['16:9', '9:16'] },
  durationSeconds: { is: 'integer', min: 4, max: 8 },
  resolution: { is: 'string', values: ['720p', '1080p', '4k'] },
  negativePrompt: TEXT,
  personGeneration: { is: 'string', values: PERSONS },
  sampleCount: { is: 'integer', min: 1, max: 4 },
  numberOfVideos: { is: 'integer', min: 1, max: 4 },
  seed: { is: 'integer', min: 0 },
  generateAudio: { is: 'boolean' },
  enhancePrompt: { is: 'boolean' },
  fps: { is: 'integer' },
  storageUri: TEXT,
}

const INSTANCE: Shapes = {
  prompt: { is: 'string', required: true, min: 1 },
  image: ANY,
  lastFrame: ANY,
  referenceImages: ANY,
  video: ANY,
}

export interface Prediction {
  model: string
  prompt: string
  parameters: JsonObject
}

/** A checked request of either method. */
export function readPrediction(
  { params, json }: Call,
  method: 'predict' | 'predictLongRunning',
  world: World,
): Prediction {
  checkShape(PREDICT_FIELDS, json ?? {})
  const { instances, parameters = {} } = json as { instances: JsonObject[]; parameters?: JsonObject }
  const model = googleModel(params.model ?? '', method, world)
  if (instances.length > 1) throw invalid('Only one instance is supported.')
  checkShape(INSTANCE, instances[0] ?? {}, ['instances', 0])
  checkShape(method === 'predict' ? IMAGEN : VEO, parameters, ['parameters'])
  const ratio = parameters.aspectRatio
  if (ratio !== undefined && !model.ratios.includes(ratio as string)) {
    throw invalid(`aspectRatio ${String(ratio)} is not supported for this model.`)
  }
  return { model: model.id, prompt: instances[0]?.prompt as string, parameters }
}

/** Whether a model of Vertex AI embeds, which it also does by `:predict`. */
const embeds = ({ params }: Call, world: World): boolean =>
  params.project !== undefined &&
  googleModels(world).some(({ id, methods }) => id === params.model && methods.includes('embedContent'))

/** `POST /models/{model}:predict`: Imagen, and on Vertex AI embeddings. */
export function predict(call: Call, world: World): Answer {
  if (embeds(call, world)) {
    checkShape(PREDICT_FIELDS, call.json ?? {})
    return predictEmbedding(call, world)
  }
  const { model, prompt, parameters } = readPrediction(call, 'predict', world)
  const count = (parameters.sampleCount as number | undefined) ?? 4
  const size = sizeOfRatio((parameters.aspectRatio as string | undefined) ?? '1:1')
  const mimeType = (parameters.outputOptions as { mimeType?: string } | undefined)?.mimeType ?? 'image/png'
  const format = mimeType.split('/')[1] ?? 'png'
  const draw = async (number: number): Promise<JsonObject> => {
    const { data, contentType } = await picture({ prompt, model, ...size, format, number })
    return { mimeType: contentType, bytesBase64Encoded: data.toString('base64') }
  }
  return {
    streamed: false,
    model,
    charge: { model, images: count },
    chargeAfter: forResults({ model, images: count }),
    fates: ['moderated'],
    firstDelayMs: world.delays.imageDelayMs,
    betweenDelayMs: 0,
    body: async (fate) => {
      if (!fate) return { predictions: await Promise.all(Array.from({ length: count }, (_, number) => draw(number))) }
      const raiFilteredReason =
        "Unable to show generated images. All images were filtered out because they violated Vertex AI's usage guidelines. Support codes: 39322892"
      return { predictions: [{ raiFilteredReason }] }
    },
  }
}
