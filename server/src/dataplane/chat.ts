import { ChatRequest } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import { check } from '../core/input.ts'
import { changeBody } from '../core/openai/body.ts'
import { readBody, readJson } from './body.ts'
import type { Exchange } from './exchange.ts'
import { relayedBody, resolveFor } from './target.ts'

const hasPictures = (body: ChatRequest): boolean =>
  body.messages.some(
    ({ role, content }) =>
      role === 'user' && Array.isArray(content) && content.some((part) => part.type === 'image_url'),
  )

/** `POST /v1/chat/completions` */
export async function chatCompletions(exchange: Exchange): Promise<void> {
  const { plane, request } = exchange
  const principal = await exchange.authorize('user', true)
  const raw = await readBody(request, plane.limits.bodyBytes)
  const parsed = readJson(request.headers['content-type'], raw, plane.limits.jsonDepth)
  const body = check(ChatRequest, parsed)
  const { deployment, substitutedFor } = resolveFor(plane.registry, body.model, 'text')
  const { capabilities, flags, id } = deployment.model
  const streamed = body.stream === true
  const needs = (capability: boolean | undefined, param: string, what: string) => {
    if (capability === false) throw new TurnoutError('capability_missing', `Model ${id} does not ${what}.`, { param })
  }
  if (streamed) needs(capabilities.streaming, 'stream', 'stream its answers')
  if (body.tools?.length) needs(capabilities.tools, 'tools', 'call tools')
  if (body.response_format?.type === 'json_schema') {
    needs(capabilities.structuredOutput, 'response_format', 'answer by a JSON Schema')
  }
  if (capabilities.vision === false && hasPictures(body)) needs(false, 'messages', 'take pictures')

  const changes = relayedBody(deployment, 'chat', parsed, plane.relay.wires)
  const asksForUsage = body.stream_options?.include_usage === true
  if (streamed && flags.streamUsage === false) {
    if (asksForUsage) needs(false, 'stream_options.include_usage', 'report usage in a stream')
  } else if (streamed && !asksForUsage) changes.stream_options = { ...body.stream_options, include_usage: true }

  exchange.relay(
    {
      requestId: exchange.requestId,
      operation: 'chat',
      keyId: principal.keyId,
      user: body.user ?? principal.owner,
      streamed,
      settings: {},
      deployment,
      body: changeBody(raw, parsed, changes),
      contentType: 'application/json',
      hideUsage: !asksForUsage,
      choices: Number(changes.n ?? body.n ?? 1),
    },
    substitutedFor,
  )
}
