import type { Connection } from '../../core/adapter.ts'
import { badSetting, readSettings, type SagemakerSettings } from './settings.ts'

/** Settings of which nothing is open any more. */
export interface Protocol extends SagemakerSettings {
  contentType: NonNullable<SagemakerSettings['contentType']>
  body: NonNullable<SagemakerSettings['body']>
  response: NonNullable<SagemakerSettings['response']>
  mode: NonNullable<SagemakerSettings['mode']>
}

/** Members that have the same names in all of vLLM-Omni's requests. */
const DIFFUSION = {
  prompt: '{{prompt}}',
  negative_prompt: '{{negativePrompt}}',
  size: '{{size}}',
  num_inference_steps: '{{steps}}',
  guidance_scale: '{{guidanceScale}}',
  seed: '{{seed}}',
}

type MediaPreset = Exclude<NonNullable<SagemakerSettings['preset']>, 'openai-chat'>

/**
 * What known containers take and answer.
 * Source: AWS Deep Learning Containers, vLLM-Omni on SageMaker, and
 * vLLM-Omni's image and video APIs, read November 2026.
 */
const PRESETS: Readonly<Record<MediaPreset, Protocol>> = {
  'vllm-omni-image': {
    route: '/v1/images/generations',
    contentType: 'application/json',
    body: { ...DIFFUSION, n: '{{count}}', response_format: 'b64_json' },
    response: { kind: 'openai-images' },
    mode: 'sync',
  },
  // Answers after minutes, which a synchronous call does not wait for. Forms are what every release takes.
  'vllm-omni-video': {
    route: '/v1/videos/sync',
    contentType: 'multipart/form-data',
    body: { ...DIFFUSION, seconds: '{{seconds}}', fps: '{{fps}}', input_reference: '{{picture}}' },
    response: { kind: 'bytes', mediaType: 'video/mp4' },
    mode: 'async',
  },
  'inputs-parameters': {
    contentType: 'application/json',
    body: {
      inputs: '{{prompt}}',
      parameters: {
        negative_prompt: '{{negativePrompt}}',
        width: '{{width}}',
        height: '{{height}}',
        num_inference_steps: '{{steps}}',
        guidance_scale: '{{guidanceScale}}',
        num_images_per_prompt: '{{count}}',
        seed: '{{seed}}',
      },
    },
    inputsAt: 'parameters',
    response: { kind: 'bytes' },
    mode: 'sync',
  },
}

/** How the endpoint is spoken to: its preset, or what the settings say instead. */
export function protocolOf(connection: Connection, usual: MediaPreset): Protocol {
  const settings = readSettings(connection)
  const { preset = usual, body } = settings
  if (preset === 'openai-chat')
    throw badSetting(connection.provider, 'preset', 'is for text, not for pictures or videos')
  const known = PRESETS[preset]
  // A body of one's own takes inputs where it says itself.
  return { ...known, ...(body && { inputsAt: undefined }), ...settings }
}
