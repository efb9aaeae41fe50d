import type { ChatRequest } from '@turnout/contract'
import { TurnoutError } from '../error.ts'
import { EFFORTS, type Effort, type TextCall } from '../text.ts'
import { readMessage } from './chat-messages.ts'
import { readFormat, readTools } from './chat-tools.ts'

/** To whom a request goes. */
export interface CallTarget {
  /** Upstream id of the model. */
  model: string
  /** Under which name what this provider wants back unread stands in `extra_content`. */
  provider: string
  defaults: Readonly<Record<string, unknown>>
}

const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0)

const isEmpty = (value: unknown): boolean =>
  isAbsent(value) || (typeof value === 'object' && Object.keys(value as object).length === 0)

/**
 * Fields that change what an answer consists of: without them it would not be
 * what the client reads. An object asks for it even with nothing in it, as
 * `web_search_options: {}` does.
 */
const REFUSED = new Map<string, (value: unknown) => boolean>([
  ['n', (value) => value !== 1],
  ['logprobs', () => true],
  ['top_logprobs', (value) => value !== 0],
  ['audio', () => true],
  ['modalities', (value) => !(Array.isArray(value) && value.every((modality) => modality === 'text'))],
  ['prediction', () => true],
  ['web_search_options', () => true],
  ['functions', () => true],
  ['function_call', () => true],
])

/** Fields whose absence a client may not notice, unless they say no more than what happens anyway. */
const LEFT_OUT: ReadonlyMap<string, readonly unknown[]> = new Map([
  ['logit_bias', []],
  ['metadata', []],
  ['store', []],
  ['moderation', []],
  ['service_tier', ['auto', 'default']],
  ['verbosity', ['medium']],
  ['prompt_cache_key', []],
  ['prompt_cache_options', []],
  ['prompt_cache_retention', []],
])

/** Fields that are read here or by whoever answers. */
const READ: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'user',
  'safety_identifier',
  'turnout',
])

/** The fields that a call has no place for, which may still go to whoever speaks the dialect. */
export const unreadFields = (body: ChatRequest): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(body).filter(([name, value]) => !READ.has(name) && !isEmpty(value) && !REFUSED.has(name)),
  )

/** What happens to the fields that a call has no place for. @throws TurnoutError capability_missing */
function leaveOut(body: ChatRequest): string[] {
  const warnings: string[] = []
  for (const name in body) {
    const value = body[name]
    if (READ.has(name)) continue
    const isRefused = REFUSED.get(name)
    if (isRefused) {
      if (isAbsent(value) || !isRefused(value)) continue
      throw new TurnoutError('capability_missing', `Model ${body.model} does not take ${name}.`, { param: name })
    }
    if (!isEmpty(value) && !LEFT_OUT.get(name)?.includes(value))
      warnings.push(`The model does not take ${name}; it was left out.`)
  }
  if (body.messages.some((message) => typeof message.name === 'string')) {
    warnings.push('The model does not take the names of participants; they were left out.')
  }
  const { user, safety_identifier } = body
  if (typeof safety_identifier === 'string' && user && user !== safety_identifier) {
    warnings.push('A call has one name of its end user: safety_identifier was sent, user was left out.')
  }
  return warnings
}

function readEffort(value: string | null | undefined): Effort | undefined {
  if (value === null || value === undefined) return undefined
  const effort = EFFORTS.find((known) => known === value)
  if (effort) return effort
  throw new TurnoutError('invalid_input', `reasoning_effort must be one of ${EFFORTS.join(', ')}.`, {
    param: 'reasoning_effort',
  })
}

/**
 * A request of OpenAI's dialect in no provider's words, and in sentences what
 * of it had to be left out.
 *
 * @throws TurnoutError capability_missing or invalid_input by the field's name
 */
export function chatCall(body: ChatRequest, target: CallTarget): { call: TextCall; warnings: string[] } {
  const warnings = leaveOut(body)
  const { safety_identifier, stop } = body
  const settings: Partial<TextCall> = {
    ...readTools(body),
    parallelToolCalls: body.parallel_tool_calls ?? undefined,
    output: readFormat(body),
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? undefined,
    temperature: body.temperature ?? undefined,
    topP: body.top_p ?? undefined,
    stop: typeof stop === 'string' ? [stop] : stop?.length ? stop : undefined,
    seed: body.seed ?? undefined,
    presencePenalty: body.presence_penalty ?? undefined,
    frequencyPenalty: body.frequency_penalty ?? undefined,
    reasoning: readEffort(body.reasoning_effort),
    user: typeof safety_identifier === 'string' ? safety_identifier : (body.user ?? undefined),
  }
  return {
    call: {
      model: target.model,
      messages: body.messages.map((message, i) => readMessage(message, `messages[${i}]`, target.provider)),
      ...settings,
      defaults: target.defaults,
    },
    warnings,
  }
}
