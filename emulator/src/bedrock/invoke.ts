import { invalid } from '../aws/errors.ts'
import { picture, sizeOfRatio } from '../picture/plain.ts'
import { checkShape, type Shape, type Shapes } from '../shape.ts'
import { countTokens } from '../text/tokens.ts'
import { vectorOf, wordsOfText } from '../text/vector.ts'
import type { Answer, Call, JsonObject, World } from '../types.ts'
import { type BedrockModel, bedrockModel } from './models.ts'

const PROMPT: Shape = { is: 'string', required: true, min: 1, max: 10_000 }
const RATIOS = ['16:9', '1:1', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21']

/** Source: Amazon Bedrock user guide, Stability AI models: request and response. */
const STABILITY: Shapes = {
  prompt: PROMPT,
  mode: { is: 'string', values: ['text-to-image', 'image-to-image'] },
  image: { is: 'string' },
  strength: { is: 'number', min: 0, max: 1 },
  aspect_ratio: { is: 'string', values: RATIOS },
  seed: { is: 'integer', min: 0, max: 4_294_967_294 },
  negative_prompt: { is: 'string', max: 10_000 },
  output_format: { is: 'string', values: ['png', 'jpeg', 'webp'] },
}

/** Source: Amazon Nova user guide, image generation request structure; bounds UNVERIFIED. */
const NOVA_CANVAS: Shapes = {
  taskType: { is: 'string', required: true, values: ['TEXT_IMAGE'] },
  textToImageParams: {
    is: 'object',
    required: true,
    fields: {
      text: { is: 'string', required: true, min: 1, max: 1024 },
      negativeText: { is: 'string', min: 1, max: 1024 },
      style: { is: 'string' },
      conditionImage: { is: 'string' },
      controlMode: { is: 'string', values: ['CANNY_EDGE', 'SEGMENTATION'] },
      controlStrength: { is: 'number', min: 0, max: 1 },
    },
  },
  imageGenerationConfig: {
    is: 'object',
    fields: {
      width: { is: 'integer', min: 320, max: 4096 },
      height: { is: 'integer', min: 320, max: 4096 },
      quality: { is: 'string', values: ['standard', 'premium'] },
      cfgScale: { is: 'number', min: 1.1, max: 10 },
      seed: { is: 'integer', min: 0, max: 2_147_483_646 },
      numberOfImages: { is: 'integer', min: 1, max: 5 },
    },
  },
}

/** Source: Amazon Bedrock user guide, Amazon Titan Embeddings Text. */
const TITAN: Shapes = {
  inputText: { is: 'string', required: true, min: 1, max: 50_000 },
  dimensions: { is: 'integer', min: 256, max: 1024 },
  normalize: { is: 'boolean' },
  embeddingTypes: { is: 'list', items: { is: 'string', values: ['float', 'binary'] } },
}

function stability(model: BedrockModel, body: JsonObject, world: World): Answer {
  checkShape(STABILITY, body)
  const edits = body.mode === 'image-to-image'
  if (edits && (body.image === undefined || body.strength === undefined)) {
    throw invalid('image and strength are required when mode is image-to-image')
  }
  if (edits && body.aspect_ratio !== undefined) throw invalid('aspect_ratio is not allowed when mode is image-to-image')
  if (!edits && body.image !== undefined) throw invalid('image is only allowed when mode is image-to-image')
  const seed = (body.seed as number | undefined) || 1234
  const size = sizeOfRatio((body.aspect_ratio as string | undefined) ?? '1:1')
  return {
    streamed: false,
    model: model.id,
    charge: { model: model.id, images: 1 },
    fates: ['moderated'],
    firstDelayMs: world.delays.imageDelayMs,
    betweenDelayMs: 0,
    body: async (fate) => {
      if (fate) return { seeds: [seed], finish_reasons: ['Filter reason: prompt'], images: [] }
      const { data } = await picture({
        prompt: body.prompt as string,
        model: model.id,
        ...size,
        format: (body.output_format as string | undefined) ?? 'png',
        backdrop: edits ? Buffer.from(body.image as string, 'base64') : undefined,
      })
      return { seeds: [seed], finish_reasons: [null], images: [data.toString('base64')] }
    },
  }
}

interface Canvas {
  width?: number
  height?: number
  numberOfImages?: number
}

function novaCanvas(model: BedrockModel, body: JsonObject, world: World): Answer {
  checkShape(NOVA_CANVAS, body)
  const { width = 1024, height = 1024, numberOfImages = 1 } = (body.imageGenerationConfig ?? {}) as Canvas
  const ratio = width / height
  if (width % 16 !== 0 || height % 16 !== 0 || width * height > 4_194_304 || ratio > 4 || ratio < 0.25) {
    throw invalid(
      `Malformed input request: the size ${width}x${height} is not supported, please reformat your input and try again.`,
    )
  }
  const { text } = body.textToImageParams as { text: string }
  const draw = async (number: number): Promise<string> =>
    (await picture({ prompt: text, model: model.id, width, height, number })).data.toString('base64')
  return {
    streamed: false,
    model: model.id,
    charge: { model: model.id, images: numberOfImages },
    fates: ['moderated'],
    firstDelayMs: world.delays.imageDelayMs,
    betweenDelayMs: 0,
    body: async (fate) => {
      if (fate)
        throw invalid(
          'This request has been blocked by our content filters. Our filters automatically flagged this prompt because it may conflict with our AUP or AWS Responsible AI Policy.',
        )
      return { images: await Promise.all(Array.from({ length: numberOfImages }, (_, number) => draw(number))) }
    },
  }
}

function titan(model: BedrockModel, body: JsonObject): Answer {
  checkShape(TITAN, body)
  const dimensions = (body.dimensions as number | undefined) ?? 1024
  if (![256, 512, 1024].includes(dimensions))
    throw invalid('Malformed input request: dimensions must be 256, 512 or 1024')
  const text = body.inputText as string
  const tokens = countTokens(text)
  return {
    streamed: false,
    model: model.id,
    charge: { model: model.id, inputTokens: tokens },
    headers: { 'x-amzn-bedrock-input-token-count': String(tokens) },
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: () => {
      const embedding = Array.from(vectorOf(wordsOfText(text), model.id, dimensions))
      return { embedding, embeddingsByType: { float: embedding }, inputTextTokenCount: tokens }
    },
  }
}

/** `POST /model/{id}/invoke`: the models whose bodies are their own. */
export function invoke(call: Call, world: World): Answer {
  const model = bedrockModel(call, world)
  const body = call.json ?? {}
  switch (model.kind) {
    case 'stability':
      return stability(model, body, world)
    case 'nova-canvas':
      return novaCanvas(model, body, world)
    case 'titan-embed':
      return titan(model, body)
    default:
      throw invalid('The emulator serves this model by Converse only.')
  }
}
