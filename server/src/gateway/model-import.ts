import type { ImportedModel, ImportModel, Model } from '@turnout/contract'
import { ModelPatch } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import { check } from '../core/input.ts'
import { recordOf } from '../core/inputs/import/record.ts'
import { planOf } from '../core/inputs/plan.ts'
import { SafeFetchError, type SafeFetcher } from '../lib/http/safe-fetch.ts'
import { JsonError, parseJsonObject } from '../lib/json.ts'
import type { Registry } from '../registry/types.ts'

/** Where fal publishes what an endpoint takes and gives. Source: fal.ai/docs, "OpenAPI schema", read November 2026. */
const FAL_SCHEMAS = 'https://fal.ai/api/openapi/queue/openapi.json?endpoint_id='

const MOST_BYTES = 2 * 1024 * 1024
const MOST_DEPTH = 64
const FETCH_MS = 20_000

export interface ImportServices {
  registry: Registry
  fetcher: SafeFetcher
  /** Instead of fal's own; the id of the endpoint is put at its end. */
  schemaUrl?: string
}

const hint = 'Paste the description as schema instead.'

/** @throws TurnoutError invalid_input where there is none, connection where it cannot be had */
async function fetchSchema({ provider, endpoint }: ImportModel, { fetcher, schemaUrl }: ImportServices) {
  if (provider !== 'fal') {
    throw new TurnoutError('invalid_input', `schema is required: ${provider} publishes none at a known place.`, {
      param: 'schema',
    })
  }
  const url = `${schemaUrl ?? FAL_SCHEMAS}${encodeURIComponent(endpoint)}`
  try {
    const trust = schemaUrl === undefined ? undefined : new URL(schemaUrl).origin
    const { bytes } = await fetcher.read(url, { maxBytes: MOST_BYTES, timeoutMs: FETCH_MS, trust })
    return parseJsonObject(bytes, MOST_DEPTH)
  } catch (error) {
    if (error instanceof JsonError) {
      throw new TurnoutError('invalid_input', `${provider} publishes no description of ${endpoint}. ${hint}`, {
        param: 'endpoint',
        cause: error,
      })
    }
    if (!(error instanceof SafeFetchError)) throw error
    const unknown = error.status === 404 || error.status === 422
    throw new TurnoutError(
      unknown ? 'invalid_input' : 'connection',
      unknown
        ? `endpoint must be one that ${provider} serves: it knows no ${endpoint}.`
        : `The description of ${endpoint} could not be fetched: ${new URL(url).host} ${error.message}. ${hint}`,
      { param: 'endpoint', cause: error },
    )
  }
}

/** The record as a model that nothing else is said of. */
const modelOf = (record: ModelPatch): Model =>
  ({ aliases: [], defaults: {}, limits: {}, capabilities: {}, input: ['text'], ...record }) as unknown as Model

/**
 * Makes a model from what its provider has published of it, and keeps it in
 * the database unless it is only to be looked at.
 *
 * @throws TurnoutError invalid_input, connection; and what the registry says of a record that it has already
 */
export async function importModel(
  asked: ImportModel,
  dryRun: boolean,
  services: ImportServices,
): Promise<ImportedModel> {
  const published = asked.schema ?? (await fetchSchema(asked, services))
  const read = recordOf(published, asked)
  const record = check(ModelPatch, read.record)
  // A schema that does not compile is found out now, and not by the first request.
  const { schema, validate } = planOf(modelOf(record))
  validate()
  const model = dryRun ? null : await services.registry.createModel(record)
  return { record, model, schema, notes: read.notes }
}
