import { TurnoutError } from '../../core/error.ts'
import type { ContentPart, TextCall, TextMessage } from '../../core/text.ts'
import type { TextRequest, TextServices } from './request.ts'

type Inline = (part: ContentPart) => Promise<ContentPart>

const isLink = (part: ContentPart): boolean => part.type === 'image' && 'url' in part.picture

async function inlineMessage(message: TextMessage, inline: Inline): Promise<TextMessage> {
  if (message.role !== 'user' && message.role !== 'tool') return message
  if (!message.content.some(isLink)) return message
  return { ...message, content: await Promise.all(message.content.map(inline)) }
}

/** The call with all pictures inside, where the provider does not fetch them itself. */
export async function withPictures(
  { inlinePicture }: TextServices,
  { adapter, call, deployment }: TextRequest,
  signal: AbortSignal,
): Promise<TextCall> {
  if (adapter.links) return call
  const inline: Inline = async (part) => {
    if (part.type !== 'image' || !('url' in part.picture)) return part
    if (inlinePicture === undefined) {
      throw new TurnoutError(
        'capability_missing',
        `Model ${deployment.model.id} takes pictures as data URLs in base64 only.`,
        { param: 'messages' },
      )
    }
    return { ...part, picture: await inlinePicture(part.picture.url, signal) }
  }
  return { ...call, messages: await Promise.all(call.messages.map((message) => inlineMessage(message, inline))) }
}
