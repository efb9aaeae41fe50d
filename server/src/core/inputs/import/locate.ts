import { isObject } from '../../../lib/objects.ts'
import { TurnoutError } from '../../error.ts'
import { type JsonSchema, Simplifier } from './simplify.ts'

type Json = Readonly<Record<string, unknown>>

/** What a published description says of one endpoint. */
export interface PublishedEndpoint {
  input: JsonSchema
  output: JsonSchema
  title?: string
  about?: string
  /** Such as `image-to-video`. */
  category?: string
}

/** A member of a member, where all of them are there. */
function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce<unknown>(
    (found, key) => (isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined),
    value,
  )
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined

const bodyOf = (operation: unknown): unknown => at(operation, 'requestBody', 'content', 'application/json', 'schema')
const answerOf = (operation: unknown): unknown =>
  at(operation, 'responses', '200', 'content', 'application/json', 'schema')

/** The only schema whose name ends so; `Input` and `Output` themselves are Replicate's. */
function named(document: Json, ending: string): unknown {
  const schemas = at(document, 'components', 'schemas')
  if (!isObject(schemas)) return undefined
  if (Object.hasOwn(schemas, ending)) return schemas[ending]
  const found = Object.keys(schemas).filter((name) => name.endsWith(ending))
  return found.length === 1 ? schemas[found[0]!] : undefined
}

/** The paths of a document, the endpoint's own first. */
function pathsOf(document: Json, endpoint: string): [path: string, item: unknown][] {
  const { paths } = document
  if (!isObject(paths)) return []
  const own = `/${endpoint}`
  return Object.entries(paths).sort(([a], [b]) => Number(b === own) - Number(a === own))
}

function inputOf(document: Json, endpoint: string): unknown {
  // Replicate's own paths describe its envelope, and the input of the model stands beside them.
  if (at(document, 'components', 'schemas', 'Input') !== undefined) return named(document, 'Input')
  for (const [, item] of pathsOf(document, endpoint)) {
    const found = bodyOf(at(item, 'post'))
    if (found !== undefined) return found
  }
  return named(document, 'Input') ?? (isObject(document.properties) ? document : undefined)
}

function outputOf(document: Json, endpoint: string): unknown {
  const results = pathsOf(document, endpoint).filter(([path]) => path.endsWith('/{request_id}'))
  for (const [, item] of results) {
    const found = answerOf(at(item, 'get'))
    if (found !== undefined) return found
  }
  return named(document, 'Output')
}

/**
 * Finds input and output of an endpoint in an OpenAPI description as fal or
 * Replicate publishes it, or in a JSON Schema of the input alone.
 * Sources: fal.ai/docs, "queue OpenAPI schema"; media.md for Replicate's
 * `openapi_schema`, read November 2026.
 *
 * @throws TurnoutError invalid_input where it describes no input
 */
export function locateEndpoint(published: Json, endpoint: string): PublishedEndpoint {
  const document = isObject(published.openapi_schema) ? published.openapi_schema : published
  const simplifier = new Simplifier(document)
  const found = inputOf(document, endpoint)
  const input = found === undefined ? {} : simplifier.simplify(found)
  if (!isObject(input.properties) || Object.keys(input.properties).length === 0) {
    throw new TurnoutError(
      'invalid_input',
      'schema must be an OpenAPI description with the input of an endpoint, or the JSON Schema of an input.',
      { param: 'schema' },
    )
  }
  const metadata = at(document, 'info', 'x-fal-metadata')
  return {
    input,
    output: simplifier.simplify(outputOf(document, endpoint)),
    title: text(at(document, 'info', 'title'))?.replace(/^Queue OpenAPI for /, ''),
    about: text(at(metadata, 'about')),
    category: text(at(metadata, 'category')),
  }
}
