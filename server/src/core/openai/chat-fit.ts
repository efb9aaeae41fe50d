import type { ChatRequest, Model } from '@turnout/contract'
import { TurnoutError } from '../error.ts'

/** A request held against what its model can do. */
export interface Fit {
  /** Fields that must be sent otherwise; undefined takes one out. */
  changes: Record<string, unknown>
  /** What was changed, in whole sentences. */
  warnings: string[]
}

const hasPictures = (body: ChatRequest): boolean =>
  body.messages.some(
    ({ role, content }) =>
      role === 'user' && Array.isArray(content) && content.some((part) => part.type === 'image_url'),
  )

const isSet = (value: unknown): boolean => value !== undefined && value !== null

/**
 * What a model cannot do is refused where the answer would be another one.
 * Sampling that a model does not take, and a limit above its own, change
 * nothing in what an answer is: they are dropped and lowered, and that is told.
 *
 * @throws TurnoutError capability_missing by the field's name
 */
export function fitChat(body: ChatRequest, { id, capabilities, limits }: Model): Fit {
  const needs = (capability: boolean | undefined, param: string, what: string) => {
    if (capability === false) throw new TurnoutError('capability_missing', `Model ${id} does not ${what}.`, { param })
  }
  if (body.stream) needs(capabilities.streaming, 'stream', 'stream its answers')
  if (body.tools?.length) needs(capabilities.tools, 'tools', 'call tools')
  if (capabilities.vision === false && hasPictures(body)) needs(false, 'messages', 'take pictures')

  const changes: Record<string, unknown> = {}
  const warnings: string[] = []
  if (capabilities.temperature === false) {
    for (const name of ['temperature', 'top_p'] as const) {
      if (!isSet(body[name])) continue
      changes[name] = undefined
      warnings.push(`Model ${id} does not take ${name}; it was left out.`)
    }
  }
  const most = limits.outputTokens ?? Number.POSITIVE_INFINITY
  for (const name of ['max_tokens', 'max_completion_tokens'] as const) {
    const asked = body[name]
    if (!asked || asked <= most) continue
    changes[name] = most
    warnings.push(`Model ${id} puts out at most ${most} tokens; the limit of ${asked} was lowered to that.`)
  }
  return { changes, warnings }
}
