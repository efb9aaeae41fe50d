import type { Handler, Operation } from '../types.ts'
import { chat } from './chat.ts'
import { editImages } from './edits.ts'
import { embeddings } from './embeddings.ts'
import { generateImages } from './images.ts'
import { listModels, retrieveModel } from './model-routes.ts'

export interface Route {
  method: 'GET' | 'POST'
  operation: Operation
  /** Content types of the body; none where a request has no body. */
  accepts: readonly string[]
  handler: Handler
}

const JSON_ONLY = ['application/json']

/** All endpoints by their path below the base URL. */
const ROUTES: Readonly<Record<string, Route>> = {
  '/v1/models': { method: 'GET', operation: 'models.list', accepts: [], handler: listModels },
  '/v1/chat/completions': { method: 'POST', operation: 'chat', accepts: JSON_ONLY, handler: chat },
  '/v1/embeddings': { method: 'POST', operation: 'embeddings', accepts: JSON_ONLY, handler: embeddings },
  '/v1/images/generations': {
    method: 'POST',
    operation: 'images.generate',
    accepts: JSON_ONLY,
    handler: generateImages,
  },
  '/v1/images/edits': {
    method: 'POST',
    operation: 'images.edit',
    accepts: ['multipart/form-data', 'application/json'],
    handler: editImages,
  },
}

const RETRIEVE: Route = { method: 'GET', operation: 'models.retrieve', accepts: [], handler: retrieveModel }

/** The route of a path and the id at its end, where it has one. */
export function findRoute(path: string): { route: Route; id: string } | undefined {
  const id = /^\/v1\/models\/(.+)$/.exec(path)?.[1]
  if (id !== undefined) return { route: RETRIEVE, id: decodeId(id) }
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined
  return route && { route, id: '' }
}

function decodeId(id: string): string {
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}
