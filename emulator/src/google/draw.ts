import { picture, sizeOfRatio } from '../picture/plain.ts'
import { freshId } from '../random.ts'
import { lastUserTurn } from '../text/compose.ts'
import type { Part } from './contents.ts'
import { type Generation, inputTokens } from './generate.ts'
import type { GenerateRequest } from './request.ts'

/** Output tokens by size. Source: ai.google.dev, pricing of image models, November 2026. */
const TOKENS: Readonly<Record<string, number>> = { '512': 747, '1K': 1120, '2K': 1120, '4K': 2000 }

/** Long side in pixels, roughly: the ratio is kept, the area follows the class. */
const PIXELS: Readonly<Record<string, number>> = {
  '512': 512 ** 2,
  '1K': 1024 ** 2,
  '2K': 2048 ** 2,
  '4K': 4096 ** 2,
}

/** The answer of an image model before its picture is drawn. */
export function sketch(request: GenerateRequest): Generation {
  const outputTokens = TOKENS[request.imageSize] ?? 1120
  return {
    id: freshId('', 23),
    model: request.model.id,
    candidates: [{ parts: [], finish: 'STOP', tokens: outputTokens }],
    inputTokens: inputTokens(request),
    cachedTokens: 0,
    outputTokens,
    thoughtTokens: 0,
    outputModality: 'IMAGE',
  }
}

/** Draws: a sentence where text is wanted too, then the picture as inline data. */
export async function drawn(sketched: Generation, request: GenerateRequest): Promise<Generation> {
  const turn = lastUserTurn(request.turns)
  const [backdrop] = (turn?.pictures ?? []) as { data: string }[]
  const image = await picture({
    prompt: turn?.text ?? '',
    model: request.model.id,
    ...sizeOfRatio(request.ratio, PIXELS[request.imageSize]),
    backdrop: backdrop && Buffer.from(backdrop.data, 'base64'),
  })
  const data: Part = { inlineData: { mimeType: image.contentType, data: image.data.toString('base64') } }
  const words: Part[] = request.textToo ? [{ text: 'Here is the picture.' }] : []
  return { ...sketched, candidates: [{ parts: [...words, data], finish: 'STOP', tokens: sketched.outputTokens }] }
}
