import { picture, sizeOfRatio } from '../picture/plain.ts'
import { freshId } from '../random.ts'
import { checkShape, type Shapes } from '../shape.ts'
import { type Answer, type Call, type JsonObject, RawBody, type World } from '../types.ts'
import { clip } from '../video/clip.ts'
import { predictEmbedding } from './embed.ts'
import { googleError, invalid } from './errors.ts'
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

interface Prediction {
  model: string
  prompt: string
  parameters: JsonObject
}

function read({ params, json }: Call, method: 'predict' | 'predictLongRunning', world: World): Prediction {
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
  const { model, prompt, parameters } = read(call, 'predict', world)
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

interface Video extends Prediction {
  seconds: number
  count: number
  files: string[]
}

const PROVIDER = 'google'

/** `POST /models/{model}:predictLongRunning`: Veo. */
export function predictLongRunning(call: Call, world: World): Answer {
  const prediction = read(call, 'predictLongRunning', world)
  const { model, parameters } = prediction
  const seconds = (parameters.durationSeconds as number | undefined) ?? 8
  const count = ((parameters.sampleCount ?? parameters.numberOfVideos) as number | undefined) ?? 1
  return {
    streamed: false,
    model,
    charge: { model, seconds: seconds * count },
    fates: ['moderated', 'expired-result', 'late-success', 'failed-task'],
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: (fate) => {
      const name = `models/${model}/operations/${freshId('', 12).toLowerCase()}`
      const files = Array.from({ length: count }, () => freshId('', 12).toLowerCase())
      const task = world.tasks.submit<Video>(PROVIDER, { ...prediction, seconds, count, files }, fate, name)
      for (const file of files) world.tasks.submit(PROVIDER, task, fate, `files/${file}`)
      return { name }
    },
  }
}

/** `GET /models/{model}/operations/{id}` */
export function pollOperation({ params, base }: Call, world: World): Answer {
  const name = `models/${params.model}/operations/${params.id}`
  const task = world.tasks.find<Video>(PROVIDER, name)
  if (!task) throw googleError(404, `Operation ${name} not found.`)
  const type = 'type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse'
  const body = (): JsonObject => {
    switch (world.tasks.poll(task)) {
      case 'pending':
        return { name }
      case 'failed':
        return { name, done: true, error: { code: 13, message: 'Internal error. Please try again later.' } }
      case 'moderated': {
        const reasons = ['Sorry, we could not create the video because of our safety policies. Support codes: 58061214']
        const generateVideoResponse = { raiMediaFilteredCount: 1, raiMediaFilteredReasons: reasons }
        return { name, done: true, response: { '@type': type, generateVideoResponse } }
      }
      default: {
        const generatedSamples = task.work.files.map((file) => ({
          video: { uri: `${base}/v1beta/files/${file}:download?alt=media` },
        }))
        return { name, done: true, response: { '@type': type, generateVideoResponse: { generatedSamples } } }
      }
    }
  }
  return { streamed: false, model: task.work.model, firstDelayMs: 0, betweenDelayMs: 0, body }
}

/** `GET /files/{id}:download?alt=media`; other than most result URLs it wants the credential. */
export function downloadFile({ params }: Call, world: World): Answer {
  const file = world.tasks.find<{ work: Video }>(PROVIDER, `files/${params.id}`)
  if (!file || file.fate?.kind === 'expired-result') {
    throw googleError(403, `You do not have permission to access the File ${params.id} or it may not exist.`)
  }
  const { prompt, seconds } = file.work.work
  return {
    streamed: false,
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: () => {
      const { data, contentType } = clip({ prompt: `${prompt} ${params.id}`, seconds })
      return new RawBody(data, contentType)
    },
  }
}
