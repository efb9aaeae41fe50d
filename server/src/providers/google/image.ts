import type { Connection, ImageAdapter, TransportResponse } from '../../core/adapter.ts'
import type { TurnoutError } from '../../core/error.ts'
import type { ImageCall, Media, MediaDone } from '../../core/media.ts'
import { isObject } from '../../lib/objects.ts'
import { readObject } from '../shared/exchange.ts'
import { invalidOutput, text } from '../shared/failure.ts'
import { inlinePart } from './contents.ts'
import { callModel, type Door } from './door.ts'
import { silenceError } from './finish.ts'
import { makeByImagen } from './imagen.ts'
import { fittingSeed, present, readDefaults } from './request.ts'
import { type SizeClass, shapeOf } from './shape.ts'
import { isGemini3 } from './thinking.ts'
import { warnOf } from './unsupported.ts'
import { readUsage } from './usage.ts'

type Json = Readonly<Record<string, unknown>>

/** The ratios of all Gemini image models; some know four more, which `aspectRatio` may name. */
const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9']

const NOT_TAKEN = [
  'negativePrompt',
  'guidanceScale',
  'steps',
  'strength',
  'mask',
  'loras',
  'style',
  'quality',
  'background',
  'outputFormat',
] as const

/** Parameters of `imageConfig`, also where they are given flat. */
const OF_IMAGE = ['aspectRatio', 'imageSize', 'personGeneration', 'imageOutputOptions', 'prominentPeople']

/** The light models, and those before Gemini 3, know one class of size. */
const largestOf = (model: string): SizeClass => (/\blite\b/.test(model) || !isGemini3(model) ? '1K' : '4K')

function imageConfig(call: ImageCall, given: Json, warnings: string[]): Json | undefined {
  const { ratio, area } = shapeOf(call, RATIOS, given.imageSize, largestOf(call.model), warnings)
  return present({ ...given, ...present({ aspectRatio: ratio, imageSize: area }) })
}

function requestBody(call: ImageCall, warnings: string[]): Json {
  // What the call says wins over the model's record, and both are in the same words.
  const { request, config } = readDefaults({ ...call.defaults, ...call.inputs })
  const flat = Object.fromEntries(OF_IMAGE.flatMap((name) => (name in config ? [[name, config[name]]] : [])))
  const others = Object.entries(config).filter(([name]) => !OF_IMAGE.includes(name) && name !== 'imageConfig')
  const given = { ...(isObject(config.imageConfig) ? config.imageConfig : {}), ...flat }
  return {
    ...request,
    contents: [{ role: 'user', parts: [{ text: call.prompt }, ...(call.pictures ?? []).map(inlinePart)] }],
    generationConfig: {
      // Every image model takes both; a refusal is told in text.
      responseModalities: ['TEXT', 'IMAGE'],
      ...Object.fromEntries(others),
      ...present({ seed: fittingSeed(call.seed, warnings), imageConfig: imageConfig(call, given, warnings) }),
    },
  }
}

/** The pictures and the words of an answer; drafts among the thoughts are neither. */
function readParts(candidate: Json): { media: Media[]; words: string } {
  const content = isObject(candidate.content) ? candidate.content : {}
  const media: Media[] = []
  let words = ''
  for (const part of Array.isArray(content.parts) ? (content.parts as unknown[]) : []) {
    if (!isObject(part) || part.thought === true) continue
    const data = isObject(part.inlineData) ? part.inlineData : {}
    const base64 = text(data.data)
    if (base64) media.push({ bytes: Buffer.from(base64, 'base64'), mediaType: text(data.mimeType) ?? 'image/png' })
    else if (typeof part.text === 'string') words += part.text
  }
  return { media, words: words.trim() }
}

const MOST_WORDS = 500

/** Why there is no picture. */
function noPicture(
  answer: Json,
  candidate: Json,
  words: string,
  response: TransportResponse,
  provider: string,
): TurnoutError {
  const message = words.slice(0, MOST_WORDS) || text(candidate.finishMessage)
  const silence = {
    promptFeedback: answer.promptFeedback,
    finish: text(candidate.finishReason),
    message,
    responseId: text(answer.responseId),
    usage: readUsage(answer.usageMetadata),
  }
  const error = silenceError(silence, response, provider)
  if (error) return error
  const what = message ? `made no picture but said: ${message}` : 'answered without a picture'
  return invalidOutput(provider, what, response, false).with({ usage: silence.usage })
}

async function makeByGemini(door: Door, call: ImageCall, connection: Connection): Promise<MediaDone> {
  const warnings = warnOf(call, NOT_TAKEN, call.model)
  if (call.count > 1) warnings.push(`${call.model} makes one picture per call; ${call.count} were asked for.`)
  const body = requestBody(call, warnings)
  const response = await callModel(door, connection, call.model, 'generateContent', body)
  const answer = await readObject(response, connection.provider)
  const candidate: unknown = Array.isArray(answer.candidates) ? (answer.candidates as unknown[])[0] : undefined
  const known = isObject(candidate) ? candidate : {}
  const { media, words } = readParts(known)
  if (media.length === 0) throw noPicture(answer, known, words, response, connection.provider)
  return {
    status: 'done',
    media,
    usage: { ...readUsage(answer.usageMetadata), images: media.length },
    warnings,
    upstreamRequestId: text(answer.responseId),
  }
}

/**
 * Pictures by a Gemini model that answers with them, or by Imagen.
 * Source: Gemini API, image generation guide, read November 2026.
 */
export const googleImage = (door: Door): ImageAdapter => ({
  links: false,
  start: (call, connection) =>
    /(^|\/)imagen/.test(call.model) ? makeByImagen(door, call, connection) : makeByGemini(door, call, connection),
})
