import type { ListedModel, ProviderAdapter } from '../core/adapter.ts'
import { isObject } from '../lib/objects.ts'
import { googleImage } from './google/image.ts'
import { idOf, listPages } from './google/models.ts'
import { googleText } from './google/text.ts'
import { googleVideo } from './google/video.ts'
import { text } from './shared/failure.ts'
import { vertexDoor } from './vertex/door.ts'
import { vertexEmbed } from './vertex/embed.ts'

const readPublisherModels = ({ publisherModels }: Readonly<Record<string, unknown>>): ListedModel[] =>
  (Array.isArray(publisherModels) ? (publisherModels as unknown[]) : []).flatMap((model) => {
    const name = isObject(model) ? text(model.name) : undefined
    return name === undefined ? [] : [{ id: idOf(name), embedding: /embedding/.test(name) }]
  })

/** Google's models on Vertex AI: the protocol of the Gemini API behind another door. */
export const vertex: ProviderAdapter = {
  id: 'vertex',
  text: googleText(vertexDoor),
  image: googleImage(vertexDoor),
  video: googleVideo(vertexDoor),
  embed: vertexEmbed,
  /** Google's models, which only the beta version lists. */
  async listModels(connection) {
    const { base, headers } = await vertexDoor.enter(connection)
    const url = `${base.replace(/\/v1$/, '/v1beta1')}/publishers/google/models?pageSize=100`
    return listPages(url, headers, connection, readPublisherModels)
  },
}
