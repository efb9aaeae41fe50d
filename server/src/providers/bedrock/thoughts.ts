type Block = Readonly<Record<string, unknown>>

/**
 * Signed thoughts are kept in the form of Anthropic's Messages protocol, whose
 * rules for them hold here too: unchanged, in their place, for one model alone.
 */

export const thinkingBlock = (thinking: string, signature: string): Block => ({ type: 'thinking', thinking, signature })

/** `data` is base64 here and there. */
export const redactedBlock = (data: string): Block => ({ type: 'redacted_thinking', data })

/** A kept thought as Converse takes it back. */
export const toReasoningContent = ({ type, thinking, signature, data }: Block): Block =>
  type === 'redacted_thinking'
    ? { reasoningContent: { redactedContent: data } }
    : { reasoningContent: { reasoningText: { text: thinking, signature } } }
