import type { Capabilities, ModelPatch } from '@turnout/contract'
import { integer, number, objectSchema, text } from './build.ts'

/**
 * A SageMaker endpoint belongs to an account and has the name that it was
 * given there, so these records are off until a stronger layer enables them
 * and names the endpoint as `upstreamId`. They describe the vLLM-Omni
 * container of the AWS Deep Learning Containers. It is paid by the hour.
 */
const NOTE = 'Enable it and set upstreamId to the name of the endpoint that runs the vLLM-Omni container.'

const DIFFUSION = {
  negative_prompt: text(),
  num_inference_steps: integer(1),
  guidance_scale: number(0, 100),
  seed: integer(0),
}

/** What the requests of the container have a member for. A template of one's own may have others: set them with it. */
const VLLM_OMNI: Capabilities = {
  seed: true,
  negativePrompt: true,
  guidance: true,
  steps: true,
  lora: false,
  mask: false,
}

export const SAGEMAKER: readonly ModelPatch[] = [
  {
    id: 'sagemaker/qwen-image',
    description: NOTE,
    provider: 'sagemaker',
    upstreamId: 'qwen-image',
    enabled: false,
    input: ['text'],
    output: ['image'],
    capabilities: { ...VLLM_OMNI, imageInput: false },
    limits: { images: 10 },
    inputs: objectSchema({ ...DIFFUSION, true_cfg_scale: number(0, 100) }),
    prices: null,
  },
  {
    id: 'sagemaker/wan',
    description: NOTE,
    provider: 'sagemaker',
    upstreamId: 'wan',
    enabled: false,
    input: ['text', 'image'],
    output: ['video'],
    capabilities: { ...VLLM_OMNI, imageInput: true },
    inputs: objectSchema({
      ...DIFFUSION,
      size: text('WIDTHxHEIGHT'),
      seconds: number(0, 60),
      num_frames: integer(1),
      fps: integer(1),
      guidance_scale_2: number(0, 100),
      boundary_ratio: number(0, 1),
      flow_shift: number(0, 100),
    }),
    prices: null,
  },
]
