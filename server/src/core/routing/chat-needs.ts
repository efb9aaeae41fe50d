import type { ChatRequest, Modality } from '@turnout/contract'
import { type Capability, estimateTokens, type Needs } from './needs.ts'

/** What a picture of a message comes to, about: providers count from 85 to some 1,600. */
const TOKENS_PER_PICTURE = 800

interface Brought {
  pictures: number
  /** Bytes of the body that are pictures, sounds or files rather than text. */
  bytes: number
  audio: boolean
}

function brought(body: ChatRequest): Brought {
  const found: Brought = { pictures: 0, bytes: 0, audio: false }
  for (const { role, content } of body.messages) {
    if (role !== 'user' || !Array.isArray(content)) continue
    for (const part of content) {
      if (part.type === 'image_url') {
        found.pictures += 1
        found.bytes += part.image_url.url.length
      } else if (part.type === 'input_audio') {
        found.audio = true
        const { data } = part.input_audio
        if (typeof data === 'string') found.bytes += data.length
      } else if (part.type === 'file') {
        const { file_data } = part.file
        if (typeof file_data === 'string') found.bytes += file_data.length
      }
    }
  }
  return found
}

/** @param bytes Length of the body as it came. */
export function chatNeeds(body: ChatRequest, bytes: number, metadata: Needs['metadata']): Needs {
  const { pictures, bytes: notText, audio } = brought(body)
  const capabilities: Capability[] = []
  const streamed = body.stream === true
  if (streamed) capabilities.push('streaming')
  if (pictures > 0) capabilities.push('vision')
  if (body.tools?.length) {
    capabilities.push('tools')
    if (body.parallel_tool_calls === true) capabilities.push('parallelTools')
  }
  const format = body.response_format?.type
  if (format === 'json_schema') capabilities.push('structuredOutput')
  else if (format === 'json_object') capabilities.push('jsonMode')
  const input: Modality[] = ['text']
  if (pictures > 0) input.push('image')
  if (audio) input.push('audio')
  return {
    output: 'text',
    input,
    capabilities,
    streamed,
    inputTokens: estimateTokens(Math.max(0, bytes - notText)) + pictures * TOKENS_PER_PICTURE,
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    degrade: body.turnout?.degrade,
    metadata,
  }
}
