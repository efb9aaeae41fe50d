import { isObject } from '../json.ts'
import { checkShape } from '../shape.ts'
import type { Format, Turn } from '../text/compose.ts'
import type { Tool } from '../text/tools.ts'
import type { JsonObject, World } from '../types.ts'
import { type Content, readContents } from './contents.ts'
import { invalid } from './errors.ts'
import { GENERATE_FIELDS } from './fields.ts'
import { type GoogleModel, googleModel } from './models.ts'

/** A request that the API would accept. */
export interface GenerateRequest {
  model: GoogleModel
  turns: Turn[]
  tools: Tool[]
  toolChoice: 'none' | 'auto' | 'required' | Tool
  format: Format
  candidates: number
  seed: number | undefined
  stop: string[]
  maxTokens: number
  thinkingTokens: number
  thoughtsShown: boolean
  /** What an image model draws. */
  ratio: string
  imageSize: string
  textToo: boolean
}

interface Config {
  candidateCount?: number
  stopSequences?: string[]
  maxOutputTokens?: number
  seed?: number
  responseMimeType?: string
  responseSchema?: JsonObject
  responseJsonSchema?: unknown
  responseModalities?: string[]
  imageConfig?: { aspectRatio?: string; imageSize?: string }
  thinkingConfig?: { includeThoughts?: boolean; thinkingBudget?: number; thinkingLevel?: string }
}

const LEVEL_TOKENS: Readonly<Record<string, number>> = { MINIMAL: 8, LOW: 24, MEDIUM: 48, HIGH: 96 }

/** Google's schema dialect as JSON Schema: types in capitals, `nullable`. */
function jsonSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(jsonSchema)
  if (!isObject(schema)) return schema
  const { type, nullable, properties, items, anyOf, ...rest } = schema
  const plain = typeof type === 'string' ? type.toLowerCase() : type
  return {
    ...rest,
    ...(plain === undefined ? {} : { type: nullable === true ? [plain, 'null'] : plain }),
    ...(isObject(properties)
      ? { properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, jsonSchema(value)])) }
      : {}),
    ...(items === undefined ? {} : { items: jsonSchema(items) }),
    ...(anyOf === undefined ? {} : { anyOf: jsonSchema(anyOf) }),
  }
}

function readTools(raw: readonly JsonObject[]): Tool[] {
  const unoffered = raw.flatMap((tool) => Object.keys(tool)).find((key) => key !== 'functionDeclarations')
  if (unoffered) throw invalid(`The emulator does not offer the tool '${unoffered}'.`)
  const declared = raw.flatMap((tool) => (tool.functionDeclarations ?? []) as JsonObject[])
  const names = declared.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice) throw invalid(`Duplicate function declaration found: ${twice}`)
  return declared.map(({ name, description = '', parameters, parametersJsonSchema }) => {
    if (parameters && parametersJsonSchema) {
      throw invalid(`parameters and parametersJsonSchema of function '${name}' must not both be set.`)
    }
    const schema = (parametersJsonSchema ?? jsonSchema(parameters)) as JsonObject | undefined
    return {
      name: name as string,
      description: description as string,
      parameters: schema ?? { type: 'object', properties: {} },
    }
  })
}

function readChoice(raw: unknown, tools: readonly Tool[]): GenerateRequest['toolChoice'] {
  const { mode = 'AUTO', allowedFunctionNames } = ((raw as JsonObject | undefined)?.functionCallingConfig ?? {}) as {
    mode?: string
    allowedFunctionNames?: string[]
  }
  if (allowedFunctionNames && mode !== 'ANY' && mode !== 'VALIDATED') {
    throw invalid('Please set allowed_function_names only when function calling mode is ANY or VALIDATED.')
  }
  const unknown = allowedFunctionNames?.find((name) => !tools.some((tool) => tool.name === name))
  if (unknown) throw invalid(`allowed_function_names contains unknown function '${unknown}'.`)
  if (mode === 'ANY' && tools.length === 0) {
    throw invalid('Function calling config is set without function_declarations.')
  }
  if (tools.length === 0 || mode === 'NONE') return 'none'
  if (mode !== 'ANY') return 'auto'
  return tools.find((tool) => tool.name === allowedFunctionNames?.[0]) ?? 'required'
}

function readFormat(config: Config): Format {
  const { responseMimeType, responseSchema, responseJsonSchema } = config
  if (responseSchema && responseJsonSchema !== undefined) {
    throw invalid('response_schema and response_json_schema must not both be set.')
  }
  const schema = responseJsonSchema ?? jsonSchema(responseSchema)
  if (schema !== undefined) {
    if (responseMimeType !== 'application/json') {
      throw invalid(
        'GenerateContentRequest.generation_config.response_mime_type: response_schema is only supported with response_mime_type application/json.',
      )
    }
    return { type: 'json_schema', schema: schema as JsonObject }
  }
  return { type: responseMimeType === 'application/json' ? 'json_object' : 'text' }
}

function readThinking(config: Config, model: GoogleModel): number {
  const { thinkingBudget, thinkingLevel } = config.thinkingConfig ?? {}
  if (thinkingBudget !== undefined && thinkingLevel !== undefined) {
    throw invalid('You can only set only one of thinking budget and thinking level.')
  }
  if (model.draws) return 0
  if (thinkingLevel !== undefined) {
    if (!model.levels) throw invalid('Thinking level is not supported for this model.')
    return LEVEL_TOKENS[thinkingLevel.toUpperCase()] ?? 48
  }
  if (thinkingBudget === undefined || thinkingBudget === -1) return 48
  if (thinkingBudget > 32_768) {
    throw invalid(`The thinking budget ${thinkingBudget} is invalid. Please choose a value between 0 and 32768.`)
  }
  return Math.min(thinkingBudget, 96)
}

function checkPictures(config: Config, model: GoogleModel): void {
  const modalities = config.responseModalities ?? []
  if (!model.draws && modalities.includes('IMAGE')) throw invalid('Image generation is not enabled for this model.')
  if (modalities.includes('AUDIO'))
    throw invalid('This model does not support the requested response modalities: audio')
  if (!model.draws && config.imageConfig) throw invalid('imageConfig is not supported for this model.')
  if (model.draws && (config.candidateCount ?? 1) > 1)
    throw invalid('Multiple candidates is not enabled for this model')
  const { aspectRatio = '1:1', imageSize = '1K' } = config.imageConfig ?? {}
  if (!model.draws) return
  if (!model.ratios.includes(aspectRatio)) {
    throw invalid(`aspect_ratio must be one of ${model.ratios.map((ratio) => `'${ratio}'`).join(', ')}`)
  }
  if (imageSize !== '1K' && !model.sizes.includes(imageSize)) {
    throw invalid(`image_size '${imageSize}' is not supported for this model.`)
  }
}

/** @throws Refusal or Problem for everything that the API would not accept */
export function readGenerate(id: string, body: JsonObject, world: World): GenerateRequest {
  checkShape(GENERATE_FIELDS, body)
  const model = googleModel(id, 'generateContent', world)
  const config = (body.generationConfig ?? {}) as Config
  checkPictures(config, model)
  if ((config.maxOutputTokens ?? 0) > model.outputTokens) {
    throw invalid(
      `Unable to submit request because it has a maxOutputTokens value of ${config.maxOutputTokens} but the supported range is from 1 (inclusive) to ${model.outputTokens + 1} (exclusive).`,
    )
  }
  const tools = readTools((body.tools ?? []) as JsonObject[])
  if (model.draws && tools.length > 0) throw invalid('Function calling is not enabled for this model')
  return {
    model,
    turns: readContents(body.systemInstruction as Content | undefined, (body.contents ?? []) as Content[], model),
    tools,
    toolChoice: readChoice(body.toolConfig, tools),
    format: readFormat(config),
    candidates: config.candidateCount ?? 1,
    seed: config.seed,
    stop: config.stopSequences ?? [],
    maxTokens: config.maxOutputTokens ?? model.outputTokens,
    thinkingTokens: readThinking(config, model),
    thoughtsShown: config.thinkingConfig?.includeThoughts === true,
    ratio: config.imageConfig?.aspectRatio ?? '1:1',
    imageSize: config.imageConfig?.imageSize ?? '1K',
    textToo: config.responseModalities?.includes('TEXT') ?? true,
  }
}
