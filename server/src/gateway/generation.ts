import type { Registry } from '../registry/types.ts'
import { type DrawingServices, generateImage } from './image.ts'
import type { TextServices } from './text/request.ts'
import { generateText, streamText } from './text.ts'
import type { Generation } from './types.ts'

/** The use cases of the native API over one registry. */
export const createGeneration = (services: TextServices & DrawingServices, registry: Registry): Generation => ({
  text: (input, caller) => generateText(services, registry, input, caller),
  textEvents: (input, caller) => streamText(services, registry, input, caller),
  image: (input, caller) => generateImage(services, registry, input, caller),
})
