import type { ModelPatch } from '@turnout/contract'
import { flag, integer, objectSchema } from './build.ts'

/** Alibaba states its image prices in CNY for the Chinese host; those of the international one are not known. */

const INPUTS = objectSchema({ prompt_extend: flag(), watermark: flag(), seed: integer(0, 2_147_483_647) })

const image = (id: string, limits: ModelPatch['limits'], imageInput = false): ModelPatch => ({
  id,
  provider: 'dashscope',
  input: imageInput ? ['text', 'image'] : ['text'],
  output: ['image'],
  capabilities: { seed: true, negativePrompt: true, imageInput },
  ...(limits && { limits }),
  inputs: INPUTS,
  prices: null,
})

/** From 512x512 to 2048x2048 pixels in total, any shape. */
const FREE = { images: 6, maxPixels: 2048 * 2048 }
const FIXED = { images: 1, sizes: ['1664x928', '1472x1104', '1328x1328', '1104x1472', '928x1664'] }

const chat = (id: string): ModelPatch => ({
  id,
  provider: 'dashscope',
  input: ['text'],
  output: ['text'],
  capabilities: { streaming: true, tools: true },
  prices: null,
})

const video = (id: string, imageInput: boolean): ModelPatch => ({
  id,
  provider: 'dashscope',
  input: imageInput ? ['text', 'image'] : ['text'],
  output: ['video'],
  capabilities: { imageInput },
  prices: null,
})

export const DASHSCOPE: readonly ModelPatch[] = [
  chat('qwen3-max'),
  chat('qwen-plus'),
  chat('qwen-flash'),
  image('qwen-image-3.0-pro', undefined),
  image('qwen-image-3.0', undefined),
  image('qwen-image-2.1-pro', undefined),
  image('qwen-image-2.0-pro', FREE),
  image('qwen-image-2.0', FREE),
  image('qwen-image-max', FIXED),
  image('qwen-image-plus', FIXED),
  image('qwen-image', FIXED),
  image('qwen-image-edit', undefined, true),
  image('qwen-image-edit-plus', undefined, true),
  image('wan2.6-t2i', undefined),
  video('wan2.6-t2v', false),
  video('wan2.6-i2v', true),
]
