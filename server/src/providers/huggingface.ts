import type { ImageAdapter, OpenAIDoor, ProviderAdapter, TextAdapter, VideoAdapter } from '../core/adapter.ts'
import { TurnoutError } from '../core/error.ts'
import { huggingFaceError } from './huggingface/errors.ts'
import { listModels } from './huggingface/models.ts'
import { versioned } from './huggingface/router.ts'
import { poll, routeTo } from './huggingface/routes.ts'
import { openAIDoor } from './shared/openai-door.ts'
import { createOpenAIText } from './shared/openai-text.ts'

/** Of OpenAI's dialect the router has the chat alone. */
const openai: OpenAIDoor = {
  ...openAIDoor,
  request(operation, connection) {
    if (operation === 'chat') return openAIDoor.request(operation, versioned(connection))
    throw new TurnoutError('capability_missing', 'Hugging Face’s router has no such endpoint in OpenAI’s dialect.')
  },
  error: huggingFaceError,
}

const chat = createOpenAIText(huggingFaceError)

const text: TextAdapter = {
  links: chat.links,
  generate: (call, connection) => chat.generate(call, versioned(connection)),
  stream: (call, connection) => chat.stream(call, versioned(connection)),
}

/** Not every provider behind the router fetches pictures by URL. */
const rest = { links: false, poll }

const image: ImageAdapter = {
  ...rest,
  async start(call, connection) {
    const task = call.pictures?.length ? 'image-to-image' : 'text-to-image'
    const { route, served } = await routeTo(call.model, task, connection)
    return route.image(call, served, connection)
  },
}

const video: VideoAdapter = {
  ...rest,
  async start(call, connection) {
    const task = call.pictures?.length ? 'image-to-video' : 'text-to-video'
    const { route, served } = await routeTo(call.model, task, connection)
    return route.video!(call, served, connection)
  },
}

/**
 * Hugging Face's router to many providers: chat in OpenAI's dialect, pictures
 * and videos in each provider's own. The organization that pays is named by the
 * header `X-HF-Bill-To` in the configuration.
 */
export const huggingface: ProviderAdapter = {
  id: 'huggingface',
  text,
  image,
  video,
  openai,
  listModels,
}
