import type { Connection, ListedModel } from '../../core/adapter.ts'
import { isObject } from '../../lib/objects.ts'
import { BEDROCK, callAws } from '../shared/aws/call.ts'
import { readObject } from '../shared/exchange.ts'
import { text } from '../shared/failure.ts'
import { bedrockError } from './errors.ts'

/** Models are listed by another host than the one that serves them; a server of somebody's own has but one. */
export function controlBase(baseUrl: string): string {
  const url = new URL(baseUrl)
  const isAmazon = /\.amazonaws\.com(\.cn)?$/.test(url.hostname)
  return isAmazon ? `https://${url.host.replace(/^bedrock-runtime([.-])/, 'bedrock$1')}` : baseUrl
}

const has = (modalities: unknown, modality: string): boolean =>
  Array.isArray(modalities) && modalities.includes(modality)

function readModel(summary: unknown): ListedModel[] {
  const { modelId, modelName, inputModalities, outputModalities } = isObject(summary) ? summary : {}
  const id = text(modelId)
  if (id === undefined) return []
  const vision = has(inputModalities, 'IMAGE')
  return [{ id, name: text(modelName), vision, embedding: has(outputModalities, 'EMBEDDING') }]
}

/**
 * The foundation models of the region. A model that only inference profiles
 * serve is listed by the id that its profiles end in.
 * Source: Bedrock API reference, ListFoundationModels, read November 2026.
 */
export async function listBedrockModels(connection: Connection): Promise<ListedModel[]> {
  const url = `${controlBase(connection.baseUrl)}/foundation-models`
  const response = await callAws(BEDROCK, { method: 'GET', url, headers: {} }, connection, bedrockError(connection))
  const { modelSummaries } = await readObject(response, connection.provider)
  return Array.isArray(modelSummaries) ? (modelSummaries as unknown[]).flatMap(readModel) : []
}
