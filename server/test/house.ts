import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { Connection, ProviderAdapter } from '../src/core/adapter.ts'
import { TurnoutError } from '../src/core/error.ts'
import type { TextCall, TextPart, TextResult, ToolCall } from '../src/core/text.ts'

/**
 * A provider whose dialect is nobody else's: a call goes out as its JSON, and
 * the parts of the answer come back as lines of JSON.
 */

async function ask(path: string, call: object, { baseUrl, transport, signal, provider }: Connection) {
  const body = JSON.stringify(call)
  const response = await transport(baseUrl + path, { method: 'POST', body, signal })
  if (response.status === 200) return response
  throw new TurnoutError('overloaded', `${provider} is busy.`, { upstreamStatus: response.status })
}

async function* stream(call: TextCall, connection: Connection): AsyncIterable<TextPart> {
  const { body } = await ask('/say', call, connection)
  let rest = ''
  for await (const bytes of body) {
    const lines = (rest + Buffer.from(bytes).toString()).split('\n')
    rest = lines.pop()!
    for (const line of lines) yield JSON.parse(line) as TextPart
  }
  if (rest !== '') throw new TurnoutError('invalid_output', `${connection.provider} stopped in the middle.`)
}

async function generate(call: TextCall, connection: Connection): Promise<TextResult> {
  let text = ''
  let reasoning: string | undefined
  const toolCalls: ToolCall[] = []
  for await (const part of stream(call, connection)) {
    if (part.type === 'text-delta') text += part.text
    else if (part.type === 'reasoning-delta') reasoning = (reasoning ?? '') + part.text
    else if (part.type === 'finish') return { ...part, text, reasoning, toolCalls }
    else {
      const known = toolCalls[part.index]
      if (known) known.arguments += part.arguments ?? ''
      else
        toolCalls[part.index] = { id: part.id!, name: part.name!, arguments: part.arguments ?? '', opaque: part.opaque }
    }
  }
  throw new TurnoutError('invalid_output', `${connection.provider} did not come to an end.`)
}

export const house: ProviderAdapter = {
  id: 'house',
  text: { links: false, generate, stream },
  embed: {
    async embed(call, connection) {
      const response = await ask('/embed', call, connection)
      return (await response.json()) as Awaited<ReturnType<NonNullable<ProviderAdapter['embed']>['embed']>>
    },
  },
}

/** How a request is answered. */
export type Answer = (response: ServerResponse) => unknown

export const line = (part: TextPart): string => `${JSON.stringify(part)}\n`

export const END: TextPart = {
  type: 'finish',
  reason: 'stop',
  raw: 'done',
  usage: { inputTokens: 7, outputTokens: 3, cachedInputTokens: 2 },
  warnings: [],
  upstreamRequestId: 'house-1',
}

/** The parts, each in a packet of its own. */
export const says =
  (...parts: TextPart[]): Answer =>
  (response) => {
    for (const part of parts) response.write(line(part))
    response.end()
  }

/** Texts, and the usual end. */
export const writes = (...texts: string[]): Answer =>
  says(...texts.map((text) => ({ type: 'text-delta' as const, text })), END)

export interface House {
  url: string
  /** Calls, oldest first. */
  calls: TextCall[]
  /** The next calls are answered so, in their order; the last one for good. */
  answer(...answers: Answer[]): void
  /** How many answers are still being given. */
  open(): number
  close(): Promise<void>
}

export async function startHouse(): Promise<House> {
  const calls: TextCall[] = []
  let answers: Answer[] = []
  const open = new Set<ServerResponse>()
  const server = createServer(async (request, response) => {
    if (request.method !== 'POST') return void response.writeHead(404).end()
    calls.push((await json(request)) as TextCall)
    open.add(response)
    response.on('close', () => open.delete(response))
    const answer = answers.length > 1 ? answers.shift()! : answers[0]
    answer?.(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answer(...next) {
      answers = next
      calls.length = 0
    },
    open: () => open.size,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
