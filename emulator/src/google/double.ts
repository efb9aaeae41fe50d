import type { Accepted, Knock, ProviderDouble, Route } from '../double.ts'
import { without } from '../http/alter.ts'
import { headerOf, schemeCredential } from '../http/credentials.ts'
import { freshId } from '../random.ts'
import type { Answer, Call, Handler, JsonObject, World } from '../types.ts'
import { countTokens, generateContent, streamGenerateContent } from './content-routes.ts'
import { batchEmbedContents, embedContent } from './embed.ts'
import { badKey, googleError, invalid, missingKey, refuse, statusError } from './errors.ts'
import { googleModels, publicModel } from './models.ts'
import { predict } from './predict.ts'
import { downloadFile, fetchPredictOperation, pollOperation, predictLongRunning } from './veo.ts'

/** The key in its header or in the query; a bearer where Vertex AI is meant. */
function authenticate({ headers, url }: Knock, { credentials }: Accepted): void {
  const query = new URLSearchParams(url.split('?')[1] ?? '')
  const key = headerOf(headers, 'x-goog-api-key') || query.get('key')
  const bearer = schemeCredential(headers, 'Bearer')
  if (!key && !bearer) throw missingKey()
  if (!credentials || credentials.has((key || bearer) as string)) return
  throw key ? badKey() : googleError(401)
}

const AT_ONCE = { streamed: false, firstDelayMs: 0, betweenDelayMs: 0 } as const

/** `GET /models`, in pages of `pageSize`; the token is the number of the first model. */
function listModels({ query }: Call, world: World): Answer {
  const size = Number(query.get('pageSize') ?? 50)
  const from = Number(query.get('pageToken') ?? 0)
  if (!Number.isInteger(size) || size < 0 || !Number.isInteger(from)) throw invalid('Invalid page size or token.')
  const all = googleModels(world).map(publicModel)
  const end = from + Math.min(size || 50, 1000)
  const page = { models: all.slice(from, end), ...(end < all.length ? { nextPageToken: String(end) } : {}) }
  return { ...AT_ONCE, body: () => page }
}

/** `GET /models/{model}` */
function getModel({ params }: Call, world: World): Answer {
  const model = googleModels(world).find(({ id }) => id === params.model)
  if (!model) throw googleError(404, `Model is not found: models/${params.model} for api version v1beta`)
  return { ...AT_ONCE, model: model.id, body: () => publicModel(model) }
}

/** The same methods on the Gemini API and, below a project, on Vertex AI. */
const PARENTS = [
  '/{version}/models/{model}',
  '/{version}/projects/{project}/locations/{location}/publishers/google/models/{model}',
]

const METHODS: Readonly<Record<string, Handler>> = {
  generateContent,
  streamGenerateContent,
  countTokens,
  embedContent,
  batchEmbedContents,
  predict,
  predictLongRunning,
  fetchPredictOperation,
}

const methods: Route[] = PARENTS.flatMap((parent) =>
  Object.entries(METHODS).map(([method, handler]) => ({
    method: 'POST',
    path: `${parent}:${method}`,
    operation: `google.${method}`,
    accepts: ['application/json'],
    handler,
  })),
)

const get = (path: string, what: string, handler: Handler): Route => ({
  method: 'GET',
  path,
  operation: `google.${what}`,
  accepts: [],
  handler,
})

const STREAM_ERROR: JsonObject = {
  code: 503,
  message: 'The model is overloaded. Please try again later.',
  status: 'UNAVAILABLE',
}

/** Source: Gemini API reference and generativelanguage v1beta protocol buffers, read November 2026. */
export const google: ProviderDouble = {
  id: 'google',
  mount: '/google',
  routes: [
    get('/{version}/models', 'models', listModels),
    get('/{version}/models/{model}', 'model', getModel),
    get('/{version}/models/{model}/operations/{id}', 'operation', pollOperation),
    get('/{version}/files/{id}:download', 'download', downloadFile),
    ...methods,
  ],
  authenticate,
  refuse,
  statusError,
  errorEvent: (error = STREAM_ERROR) => ({ part: 'end', data: { error } }),
  headers: ({ durationMs }) => ({
    server: 'scaffolding on HTTPServer2',
    'server-timing': `gfet4t7; dur=${Math.max(1, Math.round(durationMs))}`,
    'x-goog-request-id': freshId('', 20),
  }),
  withoutUsage: (data) => without(data, 'usageMetadata') as JsonObject,
  withoutFinish: (data) => without(data, 'candidates', '[]', 'finishReason') as JsonObject,
}
