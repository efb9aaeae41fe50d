import { drawPicture, type Picture } from '../picture/draw.ts'
import { countTokens } from '../text/tokens.ts'
import type { Answer, Call, Delays, JsonObject, StreamEvent, World } from '../types.ts'
import { GENERATION_FIELDS, OUTPUT_TOKENS, PARTIAL_TOKENS } from './image-fields.ts'
import { type ImageRequest, readImageRequest } from './image-request.ts'
import { checkFields } from './validate.ts'

/** Pictures that an edit starts from. */
export interface Inputs {
  /** The first one, which shows through the result; undefined where only its URL is known. */
  backdrop: Buffer | undefined
  imageTokens: number
}

/** In proportion to the area: pictures that are not square cost about half as much more. */
function outputTokens(request: ImageRequest): number {
  const square = OUTPUT_TOKENS[request.quality] ?? 0
  return Math.round((square * request.width * request.height) / 1024 ** 2)
}

function usageOf(request: ImageRequest, inputs: Inputs): JsonObject & { input_tokens: number; output_tokens: number } {
  const text = countTokens(request.prompt)
  const input = text + inputs.imageTokens
  const output = outputTokens(request) * request.n + request.partialImages * PARTIAL_TOKENS
  return {
    input_tokens: input,
    input_tokens_details: { image_tokens: inputs.imageTokens, text_tokens: text },
    output_tokens: output,
    output_tokens_details: { image_tokens: output, text_tokens: 0 },
    total_tokens: input + output,
  }
}

function picture(request: ImageRequest, inputs: Inputs, number: number, finished = 1): Picture {
  return {
    prompt: request.prompt,
    model: request.model.id,
    width: request.width,
    height: request.height,
    quality: request.quality,
    transparent: request.background === 'transparent',
    format: request.format,
    compression: request.compression,
    number,
    finished,
    backdrop: inputs.backdrop,
  }
}

function described(request: ImageRequest): JsonObject {
  return {
    background: request.background,
    output_format: request.format,
    quality: request.quality,
    size: `${request.width}x${request.height}`,
  }
}

const now = (): number => Math.floor(Date.now() / 1000)

async function buffered(request: ImageRequest, inputs: Inputs, usage: JsonObject): Promise<JsonObject> {
  const data: JsonObject[] = []
  for (let number = 0; number < request.n; number++) {
    data.push({ b64_json: (await drawPicture(picture(request, inputs, number))).toString('base64') })
  }
  return { created: now(), ...described(request), data, usage }
}

/** Partial pictures, each nearer to the whole one, then the whole one with the usage. */
async function* streamed(
  request: ImageRequest,
  inputs: Inputs,
  usage: JsonObject,
  family: string,
): AsyncGenerator<StreamEvent> {
  const draw = async (finished: number): Promise<string> =>
    (await drawPicture(picture(request, inputs, 0, finished))).toString('base64')
  const event = (name: string, fields: JsonObject): { event: string; data: JsonObject } => ({
    event: `${family}.${name}`,
    data: { type: `${family}.${name}`, created_at: now(), ...described(request), ...fields },
  })
  for (let index = 0; index < request.partialImages; index++) {
    const b64_json = await draw((index + 1) / (request.partialImages + 1))
    yield { part: 'content', ...event('partial_image', { b64_json, partial_image_index: index }) }
  }
  yield { part: 'finish', ...event('completed', { b64_json: await draw(1), usage }) }
}

/** The answer to a checked request; `family` is the prefix of its event names. */
export function answerWithPictures(
  request: ImageRequest,
  inputs: Inputs,
  family: 'image_generation' | 'image_edit',
  delays: Delays,
): Answer {
  const usage = usageOf(request, inputs)
  const events = request.stream ? request.partialImages + 1 : 1
  const common = {
    model: request.model.id,
    charge: {
      model: request.model.id,
      inputTokens: usage.input_tokens,
      cachedInputTokens: 0,
      outputTokens: usage.output_tokens,
      images: request.n,
    },
    firstDelayMs: delays.imageDelayMs / events,
    betweenDelayMs: delays.imageDelayMs / events,
  }
  return request.stream
    ? { ...common, streamed: true, events: () => streamed(request, inputs, usage, family) }
    : { ...common, streamed: false, body: () => buffered(request, inputs, usage) }
}

/** `POST /images/generations`; its default model is one that has been shut down. */
export function generateImages(call: Call, world: World): Answer {
  const body = call.json ?? {}
  checkFields(GENERATION_FIELDS, body)
  const request = readImageRequest(body, world.models, 'dall-e-2')
  return answerWithPictures(request, { backdrop: undefined, imageTokens: 0 }, 'image_generation', world.delays)
}
