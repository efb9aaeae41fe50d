import type { FinishReason, Usage } from '@turnout/contract'
import type { Connection, TransportResponse } from 'turnout/src/core/adapter.ts'
import type { TextCall, TextMessage } from 'turnout/src/core/text.ts'
import { openai } from 'turnout/src/providers/openai.ts'
import { postJson, readJson } from '../requests.ts'
import { event, splitter } from '../sse.ts'
import { ANSWER, callOf, deltas, INPUT_TOKENS, OUTPUT_TOKENS } from '../talk.ts'
import { type Answered, EVENTS, type TextSpeaker, wordsOf, type Yielded } from '../text.ts'

const HEAD = { id: 'chatcmpl-CbenchAAAAAAAAAAAAAAAAAAAAAAA', created: 1_760_000_000, model: 'gpt-bench-2026-01-01' }
const USAGE = {
  prompt_tokens: INPUT_TOKENS,
  completion_tokens: OUTPUT_TOKENS,
  total_tokens: INPUT_TOKENS + OUTPUT_TOKENS,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
}

export const OPENAI_ANSWER = Buffer.from(
  JSON.stringify({
    ...HEAD,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: ANSWER, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: USAGE,
    service_tier: 'default',
    system_fingerprint: null,
  }),
)

const chunk = (delta: object, finish: string | null = null): Buffer =>
  event({
    ...HEAD,
    object: 'chat.completion.chunk',
    service_tier: 'default',
    system_fingerprint: null,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    usage: null,
    obfuscation: 'q8ZkP2',
  })

export const OPENAI_EVENTS: readonly Buffer[] = [
  chunk({ role: 'assistant', content: '', refusal: null }),
  ...deltas(EVENTS - 4).map((content) => chunk({ content })),
  chunk({}, 'stop'),
  event({ ...HEAD, object: 'chat.completion.chunk', choices: [], usage: USAGE }),
  Buffer.from('data: [DONE]\n\n'),
]

function messageOf(message: TextMessage): object {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text }
    case 'user':
      return { role: 'user', content: wordsOf(message.content) }
    case 'assistant':
      return {
        role: 'assistant',
        content: message.text || null,
        tool_calls: message.toolCalls?.map(({ id, name, arguments: written }) => ({
          id,
          type: 'function',
          function: { name, arguments: written },
        })),
      }
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: wordsOf(message.content) }
  }
}

/** A call in the words of the protocol. */
export const openaiRequest = (call: TextCall, model: string, isStreamed: boolean): object => ({
  model,
  messages: call.messages.map(messageOf),
  tools: call.tools?.map((tool) => ({ type: 'function', function: tool })),
  max_tokens: call.maxTokens,
  temperature: call.temperature,
  ...(isStreamed && { stream: true, stream_options: { include_usage: true } }),
})

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  content_filter: 'content-filter',
  tool_calls: 'tool-calls',
}

const usageOf = (usage: typeof USAGE): Usage => ({
  inputTokens: usage.prompt_tokens,
  outputTokens: usage.completion_tokens,
  cachedInputTokens: usage.prompt_tokens_details.cached_tokens,
  reasoningTokens: usage.completion_tokens_details.reasoning_tokens,
})

interface WireCall {
  index: number
  id: string
  function: { name: string; arguments: string }
}

interface Completion {
  choices: { message: { content: string | null; tool_calls?: WireCall[] }; finish_reason: string }[]
  usage: typeof USAGE
}

export function readCompletion({ choices, usage }: Completion): Answered {
  const { message, finish_reason } = choices[0]!
  return {
    text: message.content ?? '',
    toolCalls: (message.tool_calls ?? []).map((call) => ({ id: call.id, ...call.function })),
    reason: REASONS[finish_reason] ?? 'other',
    usage: usageOf(usage),
  }
}

interface Chunk {
  choices: { delta: { content?: string; tool_calls?: WireCall[] }; finish_reason: string | null }[]
  usage: typeof USAGE | null
  error?: { message: string }
}

/** What a streamed answer says. */
export async function* readChunks(
  response: Promise<TransportResponse>,
  split: (bytes: Uint8Array) => string[],
): AsyncIterable<Yielded> {
  let reason: FinishReason = 'other'
  let usage: Usage = {}
  for await (const bytes of (await response).body) {
    for (const data of split(bytes)) {
      if (data === '[DONE]') {
        yield { type: 'finish', reason, usage }
        return
      }
      const chunk = JSON.parse(data) as Chunk
      if (chunk.error) throw new Error(chunk.error.message)
      const choice = chunk.choices[0]
      const text = choice?.delta.content
      if (text) yield { type: 'text-delta', text }
      for (const { index, id, function: called } of choice?.delta.tool_calls ?? [])
        yield { type: 'tool-call-delta', index, id, name: called.name, arguments: called.arguments }
      if (choice?.finish_reason) reason = REASONS[choice.finish_reason] ?? 'other'
      if (chunk.usage) usage = usageOf(chunk.usage)
    }
  }
}

const send = (call: TextCall, connection: Connection, isStreamed: boolean) =>
  postJson(
    `${connection.baseUrl}/chat/completions`,
    { authorization: `Bearer ${connection.credential}` },
    openaiRequest(call, call.model, isStreamed),
    connection,
  )

export const openaiSpeaker: TextSpeaker = {
  name: 'openai',
  adapter: openai.text!,
  byHand: {
    generate: async (call, connection) => readCompletion(await readJson(await send(call, connection, false))),
    stream: (call, connection) => readChunks(send(call, connection, true), splitter()),
  },
  access: { provider: 'openai', baseUrl: 'https://api.openai.com/v1', credential: 'sk-bench' },
  call: callOf('gpt-bench'),
  headers: {
    whole: { 'content-type': 'application/json', 'x-request-id': 'req_bench' },
    streamed: { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'req_bench' },
  },
  answer: OPENAI_ANSWER,
  events: OPENAI_EVENTS,
}
