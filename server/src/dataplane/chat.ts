import { ChatRequest } from '@turnout/contract'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { check } from '../core/input.ts'
import { changeBody } from '../core/openai/body.ts'
import { type Fit, fitChat } from '../core/openai/chat-fit.ts'
import { readFormat } from '../core/openai/chat-tools.ts'
import { type OutputPlan, planOutput } from '../core/structured/output.ts'
import type { Metered } from '../gateway/metering.ts'
import { Interpreter } from '../gateway/text/interpreter.ts'
import { chatPassesThrough } from '../gateway/text/path.ts'
import { textRequest } from '../gateway/text/request.ts'
import { readBody, readJson } from './body.ts'
import type { Exchange } from './exchange.ts'
import { relayedBody, resolveFor } from './target.ts'

const asksForUsage = (body: ChatRequest): boolean => body.stream_options?.include_usage === true

/** What must differ in the bytes that go on, so that the meter gets to see the usage of a stream. */
function usageChange(body: ChatRequest, { flags, id }: Deployment['model']): Record<string, unknown> {
  if (!body.stream) return {}
  if (flags.streamUsage !== false) {
    return asksForUsage(body) ? {} : { stream_options: { ...body.stream_options, include_usage: true } }
  }
  if (!asksForUsage(body)) return {}
  throw new TurnoutError('capability_missing', `Model ${id} does not report usage in a stream.`, {
    param: 'stream_options.include_usage',
  })
}

interface Chat {
  body: ChatRequest
  deployment: Deployment
  substitutedFor: string | undefined
  metered: Metered
  fit: Fit
  output: OutputPlan | undefined
}

function relay(exchange: Exchange, chat: Chat, raw: Buffer, parsed: Record<string, unknown>): void {
  const { body, deployment, substitutedFor, metered, fit, output } = chat
  const asked = fit.warnings.length === 0 ? parsed : { ...parsed, ...fit.changes }
  const changes: Record<string, unknown> = {
    ...fit.changes,
    ...relayedBody(deployment, 'chat', asked, exchange.plane.relay.wires),
    ...usageChange(body, deployment.model),
  }
  exchange.relay(
    {
      ...metered,
      operation: 'chat',
      deployment,
      body: changeBody(raw, parsed, changes),
      contentType: 'application/json',
      hideUsage: !asksForUsage(body),
      choices: Number(changes.n ?? body.n ?? 1),
      output,
      warnings: output ? [...fit.warnings, ...output.warnings] : fit.warnings,
    },
    substitutedFor,
  )
}

function interpret(exchange: Exchange, chat: Chat): void {
  const { body, deployment, substitutedFor, metered, fit, output } = chat
  const services = exchange.plane.text
  const request = textRequest(services.adapters, deployment, body, fit, output, metered)
  const interpreter = new Interpreter(services, request, exchange, asksForUsage(body))
  exchange.interpret(interpreter, deployment, substitutedFor)
}

/** `POST /v1/chat/completions` */
export async function chatCompletions(exchange: Exchange): Promise<void> {
  const { plane, request } = exchange
  const principal = await exchange.authorize('user', true)
  const raw = await readBody(request, plane.limits.bodyBytes)
  const parsed = readJson(request.headers['content-type'], raw, plane.limits.jsonDepth)
  const body = check(ChatRequest, parsed)
  const { deployment, substitutedFor } = resolveFor(plane.registry, body.model, 'text')
  const { model, provider } = deployment
  const fit = fitChat(body, model)
  const output = planOutput(readFormat(body), model.capabilities)
  const metered: Metered = {
    requestId: exchange.requestId,
    operation: 'chat',
    keyId: principal.keyId,
    user: body.user ?? principal.owner,
    streamed: body.stream === true,
    settings: {},
  }
  const chat = { body, deployment, substitutedFor, metered, fit, output }
  if (chatPassesThrough(plane.text.adapters.get(provider.adapter), model, output)) relay(exchange, chat, raw, parsed)
  else interpret(exchange, chat)
}
