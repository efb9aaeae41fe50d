import type { Route } from '../double.ts'
import { chat } from './chat.ts'
import { editImages } from './edits.ts'
import { embeddings } from './embeddings.ts'
import { generateImages } from './images.ts'
import { listModels, retrieveModel } from './model-routes.ts'
import { responses } from './responses/responses.ts'

const JSON_ONLY = ['application/json']

/** All endpoints by their path below the base URL. */
export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/models', operation: 'models.list', accepts: [], handler: listModels },
  { method: 'GET', path: '/models/{id+}', operation: 'models.retrieve', accepts: [], handler: retrieveModel },
  { method: 'POST', path: '/chat/completions', operation: 'chat', accepts: JSON_ONLY, handler: chat },
  { method: 'POST', path: '/responses', operation: 'responses', accepts: JSON_ONLY, handler: responses },
  { method: 'POST', path: '/embeddings', operation: 'embeddings', accepts: JSON_ONLY, handler: embeddings },
  {
    method: 'POST',
    path: '/images/generations',
    operation: 'images.generate',
    accepts: JSON_ONLY,
    handler: generateImages,
  },
  {
    method: 'POST',
    path: '/images/edits',
    operation: 'images.edit',
    accepts: ['multipart/form-data', 'application/json'],
    handler: editImages,
  },
]
