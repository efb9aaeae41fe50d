import type { Usage } from '@turnout/contract'
import type { Drawn } from '../media.ts'
import type { MappedSetting } from './request.ts'

interface Answered {
  images: readonly { base64?: string; url?: string; revisedPrompt?: string; seed?: number }[]
  /** As the provider tells it, where it does. */
  drawn?: Drawn | undefined
  usage: Usage
  warnings: readonly string[]
  mapped: readonly MappedSetting[]
}

/** Token counts in OpenAI's words; nothing where none were counted. */
function encodeUsage({ inputTokens, outputTokens, imageInputTokens, imageOutputTokens }: Usage): object | undefined {
  if (inputTokens === undefined && outputTokens === undefined) return undefined
  const input = inputTokens ?? 0
  const output = outputTokens ?? 0
  const image = imageInputTokens ?? 0
  return {
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
    input_tokens_details: { text_tokens: Math.max(0, input - image), image_tokens: image },
    ...(imageOutputTokens !== undefined && {
      output_tokens_details: { text_tokens: Math.max(0, output - imageOutputTokens), image_tokens: imageOutputTokens },
    }),
  }
}

/** Pictures as OpenAI's image endpoints answer them, with our own field after theirs. */
export function encodePictures({ images, drawn, usage, warnings, mapped }: Answered): string {
  return JSON.stringify({
    created: Math.floor(Date.now() / 1000),
    ...drawn,
    data: images.map(({ base64, url, revisedPrompt, seed }) => ({
      ...(base64 === undefined ? { url } : { b64_json: base64 }),
      revised_prompt: revisedPrompt,
      seed,
    })),
    usage: encodeUsage(usage),
    turnout: { warnings, mapped },
  })
}

/** A changed setting as a sentence, for those who read sentences alone. */
export const sentenceOf = ({ setting, asked, used, reason }: MappedSetting): string =>
  `${setting} was sent as ${JSON.stringify(used)} instead of ${JSON.stringify(asked)}: ${reason}.`
