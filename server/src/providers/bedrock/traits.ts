import { type ClaudeTraits, claudeTraits } from '../shared/messages/traits.ts'

/** How the amount of reasoning is asked for: like Anthropic, like Nova 2, like OpenAI, or not at all. */
export type ReasoningStyle = 'claude' | 'nova' | 'openai' | undefined

/**
 * What a model takes of Converse, as far as its id tells; what it does not
 * take is refused with a ValidationException.
 * Source: Bedrock user guide, Converse, tool use and structured outputs, and
 * service model 2023-09-30 (`ToolChoice`), read November 2026.
 */
export interface ModelTraits {
  /** Undefined: not a Claude. */
  claude: ClaudeTraits | undefined
  /** Which choices of a tool can be made for it beside its own. */
  choice: 'tool' | 'any' | 'none'
  /** Whether `outputConfig.textFormat` holds it to a JSON Schema; so does `strict` of tools. */
  schemas: boolean
  reasoning: ReasoningStyle
}

const NOVA = /amazon\.nova/
/** Makers of open weights some of whose models are held to a schema. */
const OPEN_WEIGHTS = /(^|[./])(qwen|openai|deepseek|google|minimax|mistral|moonshot|moonshotai|nvidia)\./

export function modelTraits(model: string): ModelTraits {
  if (model.includes('claude')) {
    const claude = claudeTraits(model)
    const choice = claude.forcedTools === 'never' ? 'none' : 'tool'
    return { claude, choice, schemas: claude.schemas, reasoning: 'claude' }
  }
  if (NOVA.test(model)) {
    return { claude: undefined, choice: 'tool', schemas: false, reasoning: /nova-2/.test(model) ? 'nova' : undefined }
  }
  if (OPEN_WEIGHTS.test(model)) {
    const choice = /mistral\./.test(model) ? 'any' : 'none'
    return { claude: undefined, choice, schemas: true, reasoning: /gpt-oss/.test(model) ? 'openai' : undefined }
  }
  // An ARN of an own profile tells nothing of the model behind it, which will mostly be a Claude.
  const choice = model.startsWith('arn:') ? 'tool' : 'none'
  return { claude: undefined, choice, schemas: false, reasoning: undefined }
}
