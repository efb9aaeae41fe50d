import type { Deployment } from '../../core/deployment.ts'
import type { AnswerIdentity } from '../../core/openai/chat-encode.ts'
import type { TextPart } from '../../core/text.ts'

/** What a client of OpenAI's dialect gets to see. */
export function showsInChat(part: TextPart): boolean {
  switch (part.type) {
    case 'text-delta':
    case 'reasoning-delta':
      return part.text !== ''
    case 'tool-call-delta':
    case 'finish':
      return true
  }
}

/** What an answer that is written here is known by. */
export const identityOf = (requestId: string, { model, provider }: Deployment): AnswerIdentity => ({
  id: requestId.replace(/^req_/, 'chatcmpl-'),
  created: Math.floor(Date.now() / 1000),
  model: model.id,
  provider: provider.adapter,
})
