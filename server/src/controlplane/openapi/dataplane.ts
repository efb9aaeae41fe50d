import {
  ChatRequest,
  EmbeddingsRequest,
  ImageEditsRequest,
  ImagesRequest,
  OpenAIVideo,
  VideoContentQuery,
  VideosQuery,
  VideosRequest,
} from '@turnout/contract'
import { z } from 'zod'
import type { App } from '../route.ts'
import {
  ChatCompletion,
  ChatCompletionChunk,
  EmbeddingList,
  ImageEvent,
  ImageList,
  OpenAIModel,
  OpenAIModelList,
  VideoDeleted,
  VideoList,
} from './openai-schemas.ts'

interface Described {
  method: 'GET' | 'POST' | 'DELETE'
  url: string
  operationId: string
  summary: string
  description?: string
  body?: z.ZodType
  params?: z.ZodType
  querystring?: z.ZodType
  /** Absent where it is bytes. */
  answer?: z.ZodType
  event?: z.ZodType
}

const VideoParams = z.object({ id: z.string() })
const Bytes = z.string().meta({ format: 'binary' })

const ANY_MODEL = '`model` is a public id, an alias or `provider/id`. '

const ROUTES: readonly Described[] = [
  {
    method: 'POST',
    url: '/v1/chat/completions',
    operationId: 'createChatCompletion',
    summary: 'Answer a conversation',
    description: `${ANY_MODEL}Fields that are not described here are passed on, and the upstream decides.`,
    body: ChatRequest,
    answer: ChatCompletion,
    event: ChatCompletionChunk,
  },
  {
    method: 'POST',
    url: '/v1/embeddings',
    operationId: 'createEmbeddings',
    summary: 'Embed texts',
    description: ANY_MODEL,
    body: EmbeddingsRequest,
    answer: EmbeddingList,
  },
  {
    method: 'POST',
    url: '/v1/images/generations',
    operationId: 'createImages',
    summary: 'Generate images',
    description: ANY_MODEL,
    body: ImagesRequest,
    answer: ImageList,
    event: ImageEvent,
  },
  {
    method: 'POST',
    url: '/v1/images/edits',
    operationId: 'editImages',
    summary: 'Edit images',
    description: `${ANY_MODEL}Also takes multipart/form-data with the pictures as parts named image, image[] and mask.`,
    body: ImageEditsRequest,
    answer: ImageList,
    event: ImageEvent,
  },
  {
    method: 'GET',
    url: '/v1/models',
    operationId: 'listOpenAIModels',
    summary: 'List the models that can be used',
    answer: OpenAIModelList,
  },
  {
    method: 'GET',
    url: '/v1/models/:id',
    operationId: 'readOpenAIModel',
    summary: 'Read one model',
    params: z.object({ id: z.string() }),
    answer: OpenAIModel,
  },
  {
    method: 'POST',
    url: '/v1/videos',
    operationId: 'createVideo',
    summary: 'Generate a video',
    description: `${ANY_MODEL}Stores a job and answers at once. Further fields are inputs of the model; unknown ones are refused. Also takes multipart/form-data with \`input_reference\` as a file. An Idempotency-Key makes the request safe to repeat.`,
    body: VideosRequest,
    answer: OpenAIVideo,
  },
  {
    method: 'GET',
    url: '/v1/videos',
    operationId: 'listVideos',
    summary: 'List the videos',
    querystring: VideosQuery,
    answer: VideoList,
  },
  {
    method: 'GET',
    url: '/v1/videos/:id',
    operationId: 'readVideo',
    summary: 'Read one video',
    params: VideoParams,
    answer: OpenAIVideo,
  },
  {
    method: 'DELETE',
    url: '/v1/videos/:id',
    operationId: 'deleteVideo',
    summary: 'Delete a video that is over, with its bytes',
    params: VideoParams,
    answer: VideoDeleted,
  },
  {
    method: 'GET',
    url: '/v1/videos/:id/content',
    operationId: 'readVideoContent',
    summary: 'Fetch the bytes of a video, or its thumbnail',
    description: 'Understands Range, If-Range and If-None-Match.',
    params: VideoParams,
    querystring: VideoContentQuery,
  },
]

/** Adds the routes of the data plane to an application that is described, never served. */
export function addDataPlane(app: App): void {
  for (const { method, url, operationId, summary, description, body, params, querystring, answer, event } of ROUTES) {
    app.route({
      method,
      url,
      config: { role: method === 'GET' ? 'viewer' : 'user' },
      schema: {
        operationId,
        tags: ['OpenAI'],
        summary,
        ...(description && { description }),
        ...(body && { body }),
        ...(params && { params }),
        ...(querystring && { querystring }),
        response: {
          200: {
            description: event ? 'The answer, or with `stream: true` its events.' : 'The answer.',
            content: {
              ...(answer ? { 'application/json': { schema: answer } } : { 'video/mp4': { schema: Bytes } }),
              ...(event && { 'text/event-stream': { schema: event } }),
            },
          },
        },
      },
      handler: () => {
        throw new Error('described only')
      },
    })
  }
}
