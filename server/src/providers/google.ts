import type { ProviderAdapter } from '../core/adapter.ts'
import { geminiDoor } from './google/door.ts'
import { geminiEmbed } from './google/embed.ts'
import { googleImage } from './google/image.ts'
import { listPages, readGeminiModels } from './google/models.ts'
import { googleText } from './google/text.ts'
import { googleVideo } from './google/video.ts'

/** The Gemini API, by API key. */
export const google: ProviderAdapter = {
  id: 'google',
  text: googleText(geminiDoor),
  image: googleImage(geminiDoor),
  video: googleVideo(geminiDoor),
  embed: geminiEmbed,
  async listModels(connection) {
    const { base, headers } = await geminiDoor.enter(connection)
    return listPages(`${base}/models?pageSize=1000`, headers, connection, readGeminiModels)
  },
}
