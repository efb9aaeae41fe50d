import type { Transport, TransportResponse } from 'turnout/src/core/adapter.ts'
import { openai } from 'turnout/src/providers/openai.ts'
import type { Access } from '../memory.ts'
import { event, splitter } from '../sse.ts'
import {
  ANSWER,
  ARGUMENTS,
  BOOK,
  CALL_ID,
  callOf,
  deltas,
  FIND,
  INPUT_TOKENS,
  LAST,
  MAX_TOKENS,
  OUTPUT_TOKENS,
  QUESTION,
  RESULT,
  SYSTEM,
  TEMPERATURE,
} from '../talk.ts'
import { EVENTS, type TextSpeaker } from '../text.ts'

const MODEL = 'gpt-bench'
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

/** The request as it is, in the words of the protocol. */
export const openaiRequest = (model: string) => ({
  model,
  messages: [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: QUESTION },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: CALL_ID, type: 'function', function: { name: FIND.name, arguments: JSON.stringify(ARGUMENTS) } },
      ],
    },
    { role: 'tool', tool_call_id: CALL_ID, content: RESULT },
    { role: 'user', content: LAST },
  ],
  tools: [
    { type: 'function', function: FIND },
    { type: 'function', function: BOOK },
  ],
  max_tokens: MAX_TOKENS,
  temperature: TEMPERATURE,
})

const REQUEST = openaiRequest(MODEL)
const STREAMED = { ...REQUEST, stream: true, stream_options: { include_usage: true } }

interface Completion {
  choices: { message: { content: string } }[]
  usage: typeof USAGE
}

export function readCompletion(text: string) {
  const { choices, usage } = JSON.parse(text) as Completion
  return {
    text: choices[0]!.message.content,
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
  }
}

interface Chunk {
  choices: { delta: { content?: string } }[]
  usage: typeof USAGE | null
}

/** The text and the counts in a streamed answer. */
export async function* readChunks(response: Promise<TransportResponse>, split: (bytes: Uint8Array) => string[]) {
  for await (const bytes of (await response).body) {
    for (const data of split(bytes)) {
      if (data === '[DONE]') return
      const { choices, usage } = JSON.parse(data) as Chunk
      const text = choices[0]?.delta.content
      if (text) yield text
      if (usage) yield { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens }
    }
  }
}

const access: Access = { provider: 'openai', baseUrl: 'https://api.openai.com/v1', credential: 'sk-bench' }

const send = (body: object, transport: Transport, signal: AbortSignal) =>
  transport('https://api.openai.com/v1/chat/completions', {
    method: 'POST',
    headers: { authorization: `Bearer ${access.credential}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  })

export const openaiSpeaker: TextSpeaker = {
  name: 'openai',
  adapter: openai.text!,
  access,
  call: callOf(MODEL),
  headers: {
    whole: { 'content-type': 'application/json', 'x-request-id': 'req_bench' },
    streamed: { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'req_bench' },
  },
  answer: OPENAI_ANSWER,
  events: OPENAI_EVENTS,
  generate: async (transport, signal) => readCompletion(await (await send(REQUEST, transport, signal)).text()),
  stream: (transport, signal) => readChunks(send(STREAMED, transport, signal), splitter()),
}
