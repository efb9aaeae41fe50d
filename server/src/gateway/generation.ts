import type { Registry } from '../registry/types.ts'
import type { AttemptServices } from './attempts.ts'
import { generateImage } from './image.ts'
import { generateText, streamText } from './text.ts'
import type { Generation } from './types.ts'

/** The use cases of the native API over one registry. */
export const createGeneration = (services: AttemptServices, registry: Registry): Generation => ({
  text: (input, caller) => generateText(services, registry, input, caller),
  textEvents: (input, caller) => streamText(services, registry, input, caller),
  image: (input, caller) => generateImage(services, registry, input, caller),
})
