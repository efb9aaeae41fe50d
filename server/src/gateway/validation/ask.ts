import type { ChatRequest, Validator } from '@turnout/contract'
import { fitChat } from '../../core/openai/chat-fit.ts'
import { readFormat } from '../../core/openai/chat-tools.ts'
import type { Route } from '../../core/route.ts'
import { chatNeeds } from '../../core/routing/chat-needs.ts'
import { planOutput } from '../../core/structured/output.ts'
import { type ModelVerdict, readVerdict, verdictRequest } from '../../core/validation/model.ts'
import type { Metered } from '../metering.ts'
import type { Leg } from '../routing/chain.ts'
import { withFallback } from '../routing/with-fallback.ts'
import { type TextServices, textRequest } from '../text/request.ts'
import { answerWhole } from '../text/whole.ts'

/** Whose answers are validated, for the records of the validator's own attempts. */
export type Whose = Pick<Metered, 'requestId' | 'keyId' | 'user'>

/** What a validator is asked about. */
export interface Question {
  messages: ChatRequest['messages']
  answer: string
}

export interface Judged {
  verdict: ModelVerdict
  /** Nano-dollars; null when not known. */
  cost: bigint | null
}

/** Nobody waits for a validator as long as for an answer. */
const inTime = ({ deployment, ...leg }: Leg, timeoutMs: number): Leg => {
  const totalMs = Math.min(deployment.timeouts.totalMs, timeoutMs)
  return { ...leg, deployment: { ...deployment, timeouts: { ...deployment.timeouts, totalMs } } }
}

/**
 * Asks a model for its verdict: by its route, with that one's fallback, and
 * with attempts of its own in the ledger. The answers of validators are not
 * validated in their turn.
 *
 * @throws TurnoutError where nobody gave a verdict
 */
export async function askValidator(
  services: TextServices,
  route: Route,
  validator: Validator,
  { messages, answer }: Question,
  whose: Whose,
  signal: AbortSignal,
): Promise<Judged> {
  const request = verdictRequest(validator, messages, answer)
  const body = (model: string): ChatRequest => ({ ...request, model })
  const needs = () => {
    const asked = body(route.name)
    // A model without a mode for it is told in words.
    return { ...chatNeeds(asked, Buffer.byteLength(JSON.stringify(asked)), {}), capabilities: [] }
  }
  const { value } = await withFallback(services.router, { route, needs }, signal, async (untimed, until) => {
    let verdict: ModelVerdict | undefined
    const { deployment, trail } = inTime(untimed, validator.timeoutMs)
    const { model, provider } = deployment
    const own = body(model.id)
    const output = planOutput(readFormat(own), model.capabilities)
    const metered: Metered = { ...whose, operation: 'validate', streamed: false, settings: {}, trail }
    const review = {
      async judge({ text }: { text: string }) {
        verdict = readVerdict(text, provider.id)
        return { cost: 0n, warnings: [] }
      },
    }
    const asked = textRequest(services.adapters, deployment, own, fitChat(own, model), output, metered)
    const { cost } = await answerWhole(services, { ...asked, review }, until)
    return { verdict: verdict!, cost }
  })
  return value
}
