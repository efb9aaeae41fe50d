import type { ChatRequest, StreamRule } from '@turnout/contract'
import type { ProviderAdapter, TextAdapter } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import { chatCall } from '../../core/openai/chat-call.ts'
import type { Fit } from '../../core/openai/chat-fit.ts'
import type { Route } from '../../core/route.ts'
import { instruction, type OutputPlan } from '../../core/structured/output.ts'
import type { Picture, TextCall, TextMessage } from '../../core/text.ts'
import type { AttemptServices } from '../attempts.ts'
import type { Metered } from '../metering.ts'
import type { Router } from '../routing/router.ts'
import type { Review } from '../validation/review.ts'

export interface TextServices extends AttemptServices {
  router: Router
  /** Fetches a picture for providers that do not do it themselves. @throws TurnoutError for a hostile or broken address */
  inlinePicture?(url: string, signal: AbortSignal): Promise<Picture>
}

/** A request for text, ready for its deployment. */
export interface TextRequest extends Metered {
  deployment: Deployment
  adapter: TextAdapter
  call: TextCall
  output: OutputPlan | undefined
  /** Judges answers that are whole before anything of them is shown: a stream that has one is held. */
  review?: Review | undefined
  /** Nothing of a stream is shown before all of it is there. */
  held?: boolean | undefined
  /** It goes on with what another one has begun: nothing may be left to say. */
  goesOn?: boolean
  /** What is known to be left out or changed before the provider has been asked. */
  warnings: string[]
}

/** Whether a stream is held until all of it is there: because it is judged before, by the request, else by the pool. */
export const isHeld = ({ stream }: Route, asked: StreamRule | undefined, review: Review | undefined): boolean =>
  review !== undefined || (asked ?? stream)?.commit === 'complete'

/** The call for a model that has no mode for the format: it is told in words, after what it was told before. */
function instructed(call: TextCall, { format }: OutputPlan): TextCall {
  const told: TextMessage = { role: 'system', text: instruction(format) }
  const first = call.messages.findIndex(({ role }) => role !== 'system')
  const at = first === -1 ? call.messages.length : first
  return { ...call, output: undefined, messages: call.messages.toSpliced(at, 0, told) }
}

/** @throws TurnoutError capability_missing or invalid_input by the field's name */
export function textRequest(
  adapters: ReadonlyMap<string, ProviderAdapter>,
  deployment: Deployment,
  body: ChatRequest,
  { changes, warnings }: Fit,
  output: OutputPlan | undefined,
  metered: Metered,
): TextRequest {
  const { model, provider, upstreamId } = deployment
  const adapter = adapters.get(provider.adapter)?.text
  if (adapter === undefined) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} cannot be used here: ${provider.id} does not serve text.`,
      { param: 'model', provider: provider.id },
    )
  }
  const target = { model: upstreamId, provider: provider.adapter, defaults: model.defaults }
  const { call, warnings: leftOut } = chatCall({ ...body, ...changes }, target)
  return {
    ...metered,
    deployment,
    adapter,
    call: output?.instructed ? instructed(call, output) : call,
    output,
    warnings: [...warnings, ...leftOut, ...(output?.warnings ?? [])],
  }
}
