import {
  Attempt,
  ChatRequest,
  CreatedKey,
  CreateKey,
  EmbeddingsRequest,
  Failure,
  GeneratedImage,
  GeneratedText,
  GenerateImage,
  GenerateText,
  Health,
  ImageEditsRequest,
  ImagesRequest,
  Model,
  ModelPatch,
  OpenAIVideo,
  TextEvent,
  Usage,
  UsageTotal,
  VideosRequest,
  VirtualKey,
} from '@turnout/contract'
import { z } from 'zod'
import { OpenAIFailure } from './openai-schemas.ts'

/** The schemas that the description names once and refers to. */
const REQUESTS = {
  GenerateText,
  GenerateImage,
  ModelPatch,
  CreateKey,
  ChatRequest,
  EmbeddingsRequest,
  ImagesRequest,
  ImageEditsRequest,
  VideosRequest,
}
const ANSWERS = {
  GeneratedText,
  TextEvent,
  GeneratedImage,
  Model,
  Attempt,
  Usage,
  UsageTotal,
  VirtualKey,
  CreatedKey,
  Health,
  Failure,
  OpenAIFailure,
  OpenAIVideo,
}

type Override = NonNullable<z.core.ToJSONSchemaParams['override']>

const NAMES = new Map<z.core.$ZodType, string>(
  Object.entries({ ...REQUESTS, ...ANSWERS }).map(([name, schema]) => [schema, name]),
)

/** Puts a reference in the place of a named schema. */
export const referToNamed: Override = ({ zodSchema, jsonSchema }) => {
  const name = NAMES.get(zodSchema)
  if (name === undefined) return
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
  jsonSchema.$ref = `#/components/schemas/${name}`
}

function convert(schemas: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output') {
  return Object.entries(schemas).map(([name, schema]) => {
    const override: Override = (context) => {
      if (NAMES.get(context.zodSchema) !== name) referToNamed(context)
    }
    const { $schema: _, ...json } = z.toJSONSchema(schema, { io, override, unrepresentable: 'any' })
    return [name, json] as const
  })
}

/** `components.schemas` of the description. */
export function namedSchemas(): Record<string, object> {
  return Object.fromEntries([...convert(REQUESTS, 'input'), ...convert(ANSWERS, 'output')])
}
