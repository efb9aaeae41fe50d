import { ImportModel, ModelPatch } from '@turnout/contract'
import { expect } from 'vitest'
import { recordOf } from '../import/record.ts'
import { modelOf } from './models.ts'

type Json = Record<string, unknown>

export const FILE = { type: 'object', properties: { url: { type: 'string' } }, required: ['url'] }

/** A description in the form in which fal publishes them. */
export function falDocument(endpoint: string, input: Json, output: Json, more: Json = {}): Json {
  const schema = (name: string) => ({
    content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
  })
  return {
    openapi: '3.0.4',
    info: {
      title: `Queue OpenAPI for ${endpoint}`,
      'x-fal-metadata': { endpointId: endpoint, about: 'A studio.', ...more },
    },
    components: {
      schemas: {
        QueueStatus: { type: 'object', properties: { status: { type: 'string', enum: ['IN_QUEUE', 'COMPLETED'] } } },
        ImageSize: {
          type: 'object',
          properties: { width: { type: 'integer', default: 512 }, height: { type: 'integer', default: 512 } },
        },
        File: FILE,
        StudioInput: { type: 'object', title: 'StudioInput', ...input },
        StudioOutput: { type: 'object', ...output },
      },
    },
    paths: {
      [`/${endpoint}/requests/{request_id}/status`]: { get: { responses: { 200: schema('QueueStatus') } } },
      [`/${endpoint}`]: { post: { requestBody: schema('StudioInput'), responses: { 200: schema('QueueStatus') } } },
      [`/${endpoint}/requests/{request_id}`]: { get: { responses: { 200: schema('StudioOutput') } } },
    },
  }
}

export const IMAGES = { properties: { images: { type: 'array', items: { $ref: '#/components/schemas/File' } } } }
export const VIDEO = { properties: { video: { allOf: [{ $ref: '#/components/schemas/File' }] } } }

/** The record that a description comes to, which the registry takes as it is. */
export const importedFrom = (document: Json, more: Partial<ImportModel> = {}) => {
  const { record, notes } = recordOf(document, ImportModel.parse({ endpoint: 'studio/painter', ...more }))
  expect(ModelPatch.parse(record)).toEqual(record)
  return { record, notes, model: modelOf(record) }
}
