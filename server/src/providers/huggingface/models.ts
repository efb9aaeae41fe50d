import type { Connection, ListedModel } from '../../core/adapter.ts'
import { isObject } from '../../lib/objects.ts'
import { exchange, readObject } from '../shared/exchange.ts'
import { text } from '../shared/failure.ts'
import { huggingFaceError } from './errors.ts'
import { credentialOf, versioned } from './router.ts'

type Json = Readonly<Record<string, unknown>>

const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : [])

/** A model with the best that any of its providers has: those without it are not chosen for what needs it. */
function listed({ id, providers, architecture }: Json): ListedModel[] {
  const name = text(id)
  if (name === undefined) return []
  const live = list(providers).filter(({ status }) => status !== 'error')
  const contexts = live.map(({ context_length: length }) => length).filter((length) => typeof length === 'number')
  const inputs = isObject(architecture) ? architecture.input_modalities : undefined
  return [
    {
      id: name,
      ...(contexts.length > 0 && { contextTokens: Math.max(...contexts) }),
      ...(live.length > 0 && { tools: live.some(({ supports_tools: tools }) => tools === true) }),
      ...(Array.isArray(inputs) && { vision: inputs.includes('image') }),
    },
  ]
}

/** The models of the router's chat API. Source: Hugging Face's documentation of `GET /v1/models`, read November 2026. */
export async function listModels(connection: Connection): Promise<ListedModel[]> {
  const url = `${versioned(connection).baseUrl}/models`
  const response = await exchange(url, { headers: credentialOf(connection) }, connection, huggingFaceError)
  const { data } = await readObject(response, connection.provider)
  return list(data).flatMap(listed)
}
