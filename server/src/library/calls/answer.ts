import type { Deployment } from '../../core/deployment.ts'
import { writeExtraContent } from '../../core/openai/extra-content.ts'
import type { ToolCall as CoreCall, TextEnd, TextPart, TextResult } from '../../core/text.ts'
import type { AssistantMessage, ExtraContent, TextAnswer, ToolCall } from '../types.ts'

type Said = Pick<TextResult, 'text' | 'reasoning' | 'toolCalls' | 'opaque'>

const extraContent = (opaque: CoreCall['opaque'], { provider }: Deployment): { extraContent?: ExtraContent } => {
  const extra = writeExtraContent(opaque, provider.adapter)
  return extra === undefined ? {} : { extraContent: extra as ExtraContent }
}

/** What a model has said, and as which message it goes back to it. */
export function textOf(
  { text, reasoning, toolCalls, opaque }: Said,
  { reason, raw }: Pick<TextEnd, 'reason' | 'raw'>,
  deployment: Deployment,
  requestId: string,
): Pick<TextAnswer, 'text' | 'reasoning' | 'toolCalls' | 'finishReason' | 'rawFinishReason' | 'message'> {
  const calls = toolCalls.map(({ id, name, arguments: written, opaque: ofCall }, index): ToolCall => {
    return { id: id || callId(requestId, index), name, arguments: written, ...extraContent(ofCall, deployment) }
  })
  const message: AssistantMessage = {
    role: 'assistant',
    content: text,
    ...(calls.length > 0 && { toolCalls: calls }),
    ...extraContent(opaque, deployment),
  }
  return {
    text,
    ...(reasoning !== undefined && { reasoning }),
    toolCalls: calls,
    finishReason: reason,
    rawFinishReason: raw,
    message,
  }
}

/** Some providers give their calls no ids, without which no result can be told. It differs from turn to turn. */
export const callId = (requestId: string, index: number): string => `call_${requestId.replace(/^req_/, '')}_${index}`

/** Gathers the parts of a stream to what has been said as a whole. */
export class Gathering {
  #text = ''
  #reasoning: string | undefined
  readonly #calls: CoreCall[] = []

  push(part: Exclude<TextPart, { type: 'finish' }>): void {
    if (part.type === 'text-delta') this.#text += part.text
    else if (part.type === 'reasoning-delta') this.#reasoning = (this.#reasoning ?? '') + part.text
    else {
      const call = this.#calls[part.index] ?? { id: '', name: '', arguments: '' }
      this.#calls[part.index] = call
      call.id ||= part.id ?? ''
      call.name ||= part.name ?? ''
      call.arguments += part.arguments ?? ''
      if (part.opaque) call.opaque = { ...call.opaque, ...part.opaque }
    }
  }

  said(opaque: Said['opaque']): Said {
    // A provider may count its calls with gaps.
    const toolCalls = this.#calls.filter((call) => call !== undefined)
    return { text: this.#text, reasoning: this.#reasoning, toolCalls, opaque }
  }
}
