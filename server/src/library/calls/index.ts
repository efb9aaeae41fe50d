import type { z } from 'zod'
import { checkGiven } from '../input/check.ts'
import { MEDIA_SCHEMAS } from '../input/media.ts'
import { type GivenText, TEXT_SCHEMAS } from '../input/text.ts'
import type { LibraryServices, Resolve } from '../services.ts'
import type { Calls, ObjectCall } from '../types.ts'
import { embed } from './embed.ts'
import { generateImage } from './image.ts'
import { generateObject } from './object.ts'
import { generateText, streamText } from './text.ts'

const WHAT = 'The call'

/** The calls of a Turnout, or of a provider of it. */
export function createCalls<Where>(
  services: LibraryServices,
  resolve: Resolve,
  kind: keyof typeof TEXT_SCHEMAS,
): Calls<Where> {
  const { text, object } = TEXT_SCHEMAS[kind]
  const { image, embed: embedding } = MEDIA_SCHEMAS[kind]
  const readText = (call: unknown): GivenText => checkGiven(text, call, WHAT)
  return {
    text: {
      generate: async (call) => generateText(services, resolve, readText(call)),
      stream: (call) => streamText(services, resolve, () => readText(call)),
      object: async <Schema extends z.core.$ZodType>(call: ObjectCall<Where, Schema>) =>
        generateObject(services, resolve, checkGiven(object, call, WHAT), call.schema),
    },
    image: {
      generate: async (call) => generateImage(services, resolve, checkGiven(image, call, WHAT)),
    },
    embed: async (call) => embed(services, resolve, checkGiven(embedding, call, WHAT)),
  }
}
