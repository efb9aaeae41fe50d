import type { Capabilities, ModelPatch } from '@turnout/contract'
import { flag, integer, objectSchema } from './build.ts'

/** Alibaba states its image prices in CNY for the Chinese host; those of the international one are not known. */

const INPUTS = objectSchema({ prompt_extend: flag(), watermark: flag(), seed: integer(0, 2_147_483_647) })

/** Neither its pictures nor its videos know these. */
const NEVER: Capabilities = { guidance: false, steps: false, lora: false, mask: false }

const image = (id: string, limits: ModelPatch['limits'], imageInput = false): ModelPatch => ({
  id,
  provider: 'dashscope',
  input: imageInput ? ['text', 'image'] : ['text'],
  output: ['image'],
  capabilities: { ...NEVER, seed: true, negativePrompt: true, imageInput },
  ...(limits && { limits }),
  inputs: INPUTS,
  prices: null,
})

/**
 * From 512x512 to 2048x2048 pixels in total, any shape; from 2.0 on, one model
 * draws and edits. Source: Model Studio, Qwen image generation and editing,
 * updated 2026-10-12.
 */
const FREE = { images: 6, inputImages: 3, maxPixels: 2048 * 2048 }
const FIXED = { images: 1, sizes: ['1664x928', '1472x1104', '1328x1328', '1104x1472', '928x1664'] }

const chat = (id: string): ModelPatch => ({
  id,
  provider: 'dashscope',
  input: ['text'],
  output: ['text'],
  capabilities: { streaming: true, tools: true },
  prices: null,
})

/** Source of the seconds: the pages of those who pass these models on, read November 2026. */
const video = (id: string, imageInput: boolean): ModelPatch => ({
  id,
  provider: 'dashscope',
  input: imageInput ? ['text', 'image'] : ['text'],
  output: ['video'],
  capabilities: { ...NEVER, seed: true, negativePrompt: true, imageInput },
  limits: { maxSeconds: 15, ...(imageInput && { inputImages: 1 }) },
  prices: null,
})

export const DASHSCOPE: readonly ModelPatch[] = [
  chat('qwen3-max'),
  chat('qwen-plus'),
  chat('qwen-flash'),
  image('qwen-image-3.0-pro', FREE, true),
  image('qwen-image-3.0', FREE, true),
  image('qwen-image-2.1-pro', { inputImages: 10 }, true),
  image('qwen-image-2.0-pro', FREE, true),
  image('qwen-image-2.0', FREE, true),
  image('qwen-image-max', FIXED),
  image('qwen-image-plus', FIXED),
  image('qwen-image', FIXED),
  image('qwen-image-edit', undefined, true),
  image('qwen-image-edit-plus', undefined, true),
  image('wan2.6-t2i', undefined),
  video('wan2.7-t2v', false),
  video('wan2.7-i2v', true),
  video('wan2.6-t2v', false),
  video('wan2.6-i2v', true),
]
