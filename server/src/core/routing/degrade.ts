import type { ChatRequest, Model } from '@turnout/contract'
import { type Fit, fitChat } from '../openai/chat-fit.ts'

const NOTE = { type: 'text' as const, text: '[A picture was left out here.]' }

/** The messages of a chat without their pictures, each replaced by a note, and how many there were. */
export function withoutPictures(messages: ChatRequest['messages']): {
  messages: ChatRequest['messages']
  pictures: number
} {
  let pictures = 0
  const changed = messages.map((message) => {
    if (message.role !== 'user' || !Array.isArray(message.content)) return message
    if (!message.content.some(({ type }) => type === 'image_url')) return message
    const content = message.content.map((part) => {
      if (part.type !== 'image_url') return part
      pictures += 1
      return NOTE
    })
    return { ...message, content }
  })
  return { messages: changed, pictures }
}

/** Whether a chat shows any pictures. */
export const hasPictures = ({ messages }: Pick<ChatRequest, 'messages'>): boolean =>
  messages.some(
    ({ role, content }) =>
      role === 'user' && Array.isArray(content) && content.some(({ type }) => type === 'image_url'),
  )

/** A chat held against a model that gets to see none of its pictures. */
export function fitWithoutPictures(body: ChatRequest, model: Model): Fit {
  const { messages, pictures } = withoutPictures(body.messages)
  const fit = fitChat({ ...body, messages }, model)
  const many = pictures === 1 ? 'one was' : `${pictures} were`
  const told = `Model ${model.id} does not take pictures; ${many} left out of the messages.`
  return { changes: { ...fit.changes, messages }, warnings: [told, ...fit.warnings] }
}
