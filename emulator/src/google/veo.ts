import { forResults } from '../media/answers.ts'
import { freshId } from '../random.ts'
import { checkShape, type Shapes } from '../shape.ts'
import { type Answer, type Call, type JsonObject, RawBody, type World } from '../types.ts'
import { clip } from '../video/clip.ts'
import { googleError, invalid } from './errors.ts'
import { type Prediction, readPrediction } from './predict.ts'

interface Video extends Prediction {
  seconds: number
  count: number
  files: string[]
}

const PROVIDER = 'google'

const WITHHELD = 'Sorry, we could not create the video because of our safety policies. Support codes: 58061214'

/** What names of models begin with: on Vertex AI with a project and its place. */
const parentOf = ({ params: { project, location } }: Call): string =>
  project === undefined ? 'models' : `projects/${project}/locations/${location}/publishers/google/models`

/** `POST /models/{model}:predictLongRunning`: Veo. */
export function predictLongRunning(call: Call, world: World): Answer {
  const prediction = readPrediction(call, 'predictLongRunning', world)
  const { model, parameters } = prediction
  const seconds = (parameters.durationSeconds as number | undefined) ?? 8
  const count = ((parameters.sampleCount ?? parameters.numberOfVideos) as number | undefined) ?? 1
  return {
    streamed: false,
    model,
    charge: { model, seconds: seconds * count },
    chargeAfter: forResults({ model, seconds: seconds * count }),
    fates: ['moderated', 'expired-result', 'late-success', 'failed-task'],
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: (fate) => {
      const name = `${parentOf(call)}/${model}/operations/${freshId('', 12).toLowerCase()}`
      const files = Array.from({ length: count }, () => freshId('', 12).toLowerCase())
      const task = world.tasks.submit<Video>(PROVIDER, { ...prediction, seconds, count, files }, fate, name)
      for (const file of files) world.tasks.submit(PROVIDER, task, fate, `files/${file}`)
      return { name }
    },
  }
}

/** How one of the APIs tells what an operation has made. */
interface Telling {
  type: string
  videos(files: string[], work: Video): JsonObject
  /** The members of the response. */
  pack(inner: JsonObject): JsonObject
}

/** One more poll of an operation. */
function described(name: string, { type, videos, pack }: Telling, world: World): Answer {
  const task = world.tasks.find<Video>(PROVIDER, name)
  if (!task) throw googleError(404, `Operation ${name} not found.`)
  const { work } = task
  const body = (): JsonObject => {
    const state = world.tasks.poll(task)
    if (state === 'pending') return { name }
    if (state === 'failed') {
      return { name, done: true, error: { code: 13, message: 'Internal error. Please try again later.' } }
    }
    const withheld = { raiMediaFilteredCount: 1, raiMediaFilteredReasons: [WITHHELD] }
    const inner = state === 'moderated' ? withheld : videos(work.files, work)
    return { name, done: true, response: { '@type': `type.googleapis.com/${type}`, ...pack(inner) } }
  }
  return { streamed: false, model: work.model, firstDelayMs: 0, betweenDelayMs: 0, body }
}

/** `GET /models/{model}/operations/{id}`: the Gemini API, with the addresses of the videos. */
export function pollOperation({ params, base }: Call, world: World): Answer {
  const uriOf = (file: string) => `${base}/v1beta/files/${file}:download?alt=media`
  const telling: Telling = {
    type: 'google.ai.generativelanguage.v1beta.PredictLongRunningResponse',
    videos: (files) => ({ generatedSamples: files.map((file) => ({ video: { uri: uriOf(file) } })) }),
    pack: (generateVideoResponse) => ({ generateVideoResponse }),
  }
  return described(`models/${params.model}/operations/${params.id}`, telling, world)
}

function inline(file: string, { prompt, seconds }: Video): JsonObject {
  const { data, contentType } = clip({ prompt: `${prompt} ${file}`, seconds })
  return { bytesBase64Encoded: data.toString('base64'), mimeType: contentType }
}

const IN_THE_ANSWER: Telling = {
  type: 'cloud.ai.large_models.vision.GenerateVideoResponse',
  videos: (files, work) => ({ raiMediaFilteredCount: 0, videos: files.map((file) => inline(file, work)) }),
  pack: (inner) => inner,
}

const FETCH_FIELDS: Shapes = { operationName: { is: 'string', required: true, min: 1 } }

/** `POST …/models/{model}:fetchPredictOperation`: Vertex AI, with the videos in the answer. */
export function fetchPredictOperation(call: Call, world: World): Answer {
  checkShape(FETCH_FIELDS, call.json ?? {})
  const name = (call.json as { operationName: string }).operationName
  if (!name.startsWith(`${parentOf(call)}/${call.params.model}/operations/`)) {
    throw invalid(`operationName ${name} does not belong to this model.`)
  }
  return described(name, IN_THE_ANSWER, world)
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
