import type { Connection } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { asPath, type Door, type Entrance, versioned } from '../google/door.ts'
import { json } from '../shared/exchange.ts'
import { accessTo } from './access.ts'

/** Vertex AI's name for no region in particular. */
const GLOBAL = 'global'

/**
 * The address of a region. Three places have hosts that do not follow the
 * pattern of the others. Source: Vertex AI, locations guide, and Google's SDK 3.1, read November 2026.
 */
export function vertexBase(baseUrl: string): string {
  const place = /^https:\/\/(global|us|eu)-aiplatform\.googleapis\.com(?=\/|$)/.exec(baseUrl)
  if (place === null) return baseUrl
  const host = place[1] === GLOBAL ? 'aiplatform.googleapis.com' : `aiplatform.${place[1]}.rep.googleapis.com`
  return `https://${host}${baseUrl.slice(place[0].length)}`
}

async function enter(connection: Connection): Promise<Entrance> {
  const { headers, project } = await accessTo(connection)
  if (project === undefined) {
    throw new TurnoutError('model_not_enabled', `${connection.provider} needs a project: set it in its settings.`, {
      provider: connection.provider,
      delivered: false,
    })
  }
  const place = `projects/${project}/locations/${connection.region ?? GLOBAL}`
  return {
    base: versioned(vertexBase(connection.baseUrl), 'v1'),
    // Other publishers, endpoints and tuned models bring their collection along.
    modelName: (model) =>
      model.startsWith('projects/')
        ? model
        : `${place}/${model.includes('/') ? model : `publishers/google/models/${model}`}`,
    headers,
  }
}

/**
 * Vertex AI, by OAuth and below a project and a region.
 * Source: Vertex AI API reference, v1, read November 2026.
 */
export const vertexDoor: Door = {
  platform: 'vertex',
  enter,
  poll: (name, { base, headers }) => {
    const model = name.split('/operations/')[0]!
    return { url: `${base}/${asPath(model)}:fetchPredictOperation`, request: json({ operationName: name }, headers) }
  },
}
