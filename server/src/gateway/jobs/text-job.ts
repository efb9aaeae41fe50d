import type { ChatRequest } from '@turnout/contract'
import { z } from 'zod'
import type { ProviderAdapter } from '../../core/adapter.ts'
import type { Deployment } from '../../core/deployment.ts'
import { check } from '../../core/input.ts'
import type { MediaDone } from '../../core/media.ts'
import { chatCall } from '../../core/openai/chat-call.ts'
import { fitChat } from '../../core/openai/chat-fit.ts'
import { estimateTokens } from '../../core/routing/needs.ts'
import type { TextResult } from '../../core/text.ts'
import type { JobRequest } from '../../jobs/types.ts'
import type { MediaOrder } from './order.ts'

/** What a job of the kind text takes: the same for every model. */
const TextInputs = z.strictObject({
  inputs: z.strictObject({
    prompt: z.string().min(1),
    system_prompt: z.string().min(1).optional(),
  }),
  options: z.strictObject({
    temperature: z.number().min(0).max(2).optional(),
    max_tokens: z.int().positive().optional(),
  }),
})

/** @throws TurnoutError invalid_input with every problem and its path, capability_missing; undefined where nobody writes there */
export function orderText(
  deployment: Deployment,
  request: JobRequest,
  { text: adapter }: ProviderAdapter,
): MediaOrder | undefined {
  if (adapter === undefined) return undefined
  const { model, provider, upstreamId } = deployment
  const { inputs, options } = check(TextInputs, { inputs: request.inputs, options: request.options })
  const { prompt, system_prompt: system } = inputs
  const body: ChatRequest = {
    model: model.id,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user' as const, content: prompt },
    ],
    temperature: options.temperature,
    max_completion_tokens: options.max_tokens,
  }
  const fit = fitChat(body, model)
  const target = { model: upstreamId, provider: provider.adapter, defaults: model.defaults }
  const { call, warnings } = chatCall({ ...body, ...fit.changes }, target)
  return {
    deployment,
    mapped: [],
    count: 1,
    perCall: 1,
    seed: undefined,
    settings: {},
    expected: {},
    needs: {
      output: 'text',
      input: ['text'],
      capabilities: [],
      streamed: false,
      inputTokens: estimateTokens(Buffer.byteLength(system ?? '') + Buffer.byteLength(prompt)),
      maxTokens: options.max_tokens,
    },
    references: [],
    links: false,
    start: async (_found, _delivery, connection) =>
      doneWith(await adapter.generate(call, connection), [...fit.warnings, ...warnings]),
  }
}

/** A text as jobs know what was made. */
const doneWith = (result: TextResult, warnings: readonly string[]): MediaDone => ({
  status: 'done',
  media: result.text === '' ? [] : [{ bytes: Buffer.from(result.text), mediaType: 'text/plain' }],
  usage: result.usage,
  warnings: [
    ...warnings,
    ...result.warnings,
    ...(result.reason === 'length' ? ['The text ends where its limit of tokens was reached.'] : []),
  ],
  ...(result.providerCost !== undefined && { providerCost: result.providerCost }),
  ...(result.upstreamRequestId !== undefined && { upstreamRequestId: result.upstreamRequestId }),
})
