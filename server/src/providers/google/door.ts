import type { Connection, TransportRequest, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { memoised } from '../../lib/memoised.ts'
import { exchange, json } from '../shared/exchange.ts'
import { googleError } from './errors.ts'

/** Where one exchange may go, and with which proof of who asks. */
export interface Entrance {
  /** Up to and with the version, such as `https://…/v1beta`. */
  base: string
  /** The resource name of a model, such as `models/gemini-3.8-flash`. */
  modelName(model: string): string
  headers: Record<string, string>
}

/** What differs between the Gemini API and Vertex AI, which speak the same protocol: addresses, proof, and few fields. */
export interface Door {
  platform: 'gemini' | 'vertex'
  /** May have to get an access token first. */
  enter(connection: Connection): Entrance | Promise<Entrance>
  /** How a long-running operation is asked after. */
  poll(name: string, entrance: Entrance): { url: string; request: TransportRequest }
}

/** The configured address with a version, unless it names one itself. */
export const versioned = (baseUrl: string, version: string): string =>
  /\/v\d+(?:(?:alpha|beta)\d*)?$/.test(baseUrl) ? baseUrl : `${baseUrl}/${version}`

/** A resource name as it may stand in a path. @throws TurnoutError model_not_found for one that would lead elsewhere */
export const asPath = memoised((name): string => {
  const segments = name.split('/')
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) {
    throw new TurnoutError('model_not_found', `${name} cannot be the name of a model.`, { delivered: false })
  }
  return segments.map(encodeURIComponent).join('/')
})

/** Calls a method of a model. @throws TurnoutError as Google's error says */
export async function callModel(
  door: Door,
  connection: Connection,
  model: string,
  method: string,
  body: unknown,
): Promise<TransportResponse> {
  const { base, modelName, headers } = await door.enter(connection)
  return exchange(`${base}/${asPath(modelName(model))}:${method}`, json(body, headers), connection, googleError)
}

/**
 * The Gemini API with its API key in a header, where no log sees it.
 * Source: Gemini API reference, read November 2026.
 */
export const geminiDoor: Door = {
  platform: 'gemini',
  enter: ({ baseUrl, credential }): Entrance => ({
    base: versioned(baseUrl, 'v1beta'),
    // Tuned models bring their collection along.
    modelName: (model) => (model.includes('/') ? model : `models/${model}`),
    headers: credential === undefined ? {} : { 'x-goog-api-key': credential },
  }),
  poll: (name, { base, headers }) => ({ url: `${base}/${asPath(name)}`, request: { method: 'GET', headers } }),
}
