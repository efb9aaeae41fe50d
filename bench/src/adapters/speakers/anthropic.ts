import type { Transport } from 'turnout/src/core/adapter.ts'
import { anthropic } from 'turnout/src/providers/anthropic.ts'
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

const MODEL = 'claude-haiku-4-5'
const USAGE = {
  input_tokens: INPUT_TOKENS,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens: OUTPUT_TOKENS,
  service_tier: 'standard',
}
const MESSAGE = { id: 'msg_01BenchAAAAAAAAAAAAAAAAA', type: 'message', role: 'assistant', model: MODEL }

const ended = { stop_reason: 'end_turn', stop_sequence: null }

const delta = (text: string): Buffer =>
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }, 'content_block_delta')

const named = (value: { type: string; [name: string]: unknown }): Buffer => event(value, value.type)

const EVENT_LIST: readonly Buffer[] = [
  named({
    type: 'message_start',
    message: { ...MESSAGE, content: [], stop_reason: null, stop_sequence: null, usage: { ...USAGE, output_tokens: 1 } },
  }),
  named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  named({ type: 'ping' }),
  ...deltas(EVENTS - 6).map(delta),
  named({ type: 'content_block_stop', index: 0 }),
  named({ type: 'message_delta', delta: ended, usage: { output_tokens: OUTPUT_TOKENS } }),
  named({ type: 'message_stop' }),
]

const REQUEST = {
  model: MODEL,
  max_tokens: MAX_TOKENS,
  system: SYSTEM,
  messages: [
    { role: 'user', content: [{ type: 'text', text: QUESTION }] },
    { role: 'assistant', content: [{ type: 'tool_use', id: CALL_ID, name: FIND.name, input: ARGUMENTS }] },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: CALL_ID, content: [{ type: 'text', text: RESULT }] },
        { type: 'text', text: LAST },
      ],
    },
  ],
  tools: [FIND, BOOK].map(({ name, description, parameters }) => ({ name, description, input_schema: parameters })),
  temperature: TEMPERATURE,
}
const STREAMED = { ...REQUEST, stream: true }

interface Message {
  content: { type: string; text: string }[]
  usage: typeof USAGE
}

type StreamEvent =
  | { type: 'message_start'; message: Message }
  | { type: 'content_block_delta'; delta: { type: string; text: string } }
  | { type: 'message_delta'; usage: { output_tokens: number } }
  | { type: 'message_stop' }

const inputOf = (usage: typeof USAGE): number =>
  usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens

const access: Access = { provider: 'anthropic', baseUrl: 'https://api.anthropic.com', credential: 'sk-ant-bench' }

const send = (body: object, transport: Transport, signal: AbortSignal) =>
  transport('https://api.anthropic.com/v1/messages', {
    method: 'POST',
    headers: {
      'x-api-key': access.credential!,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
    signal,
  })

export const anthropicSpeaker: TextSpeaker = {
  name: 'anthropic',
  adapter: anthropic.text!,
  access,
  call: callOf(MODEL),
  headers: {
    whole: { 'content-type': 'application/json', 'request-id': 'req_011Bench' },
    streamed: { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': 'req_011Bench' },
  },
  answer: Buffer.from(
    JSON.stringify({ ...MESSAGE, content: [{ type: 'text', text: ANSWER }], ...ended, usage: USAGE }),
  ),
  events: EVENT_LIST,
  async generate(transport, signal) {
    const response = await send(REQUEST, transport, signal)
    const { content, usage } = JSON.parse(await response.text()) as Message
    return { text: content[0]!.text, inputTokens: inputOf(usage), outputTokens: usage.output_tokens }
  },
  async *stream(transport, signal) {
    const { body } = await send(STREAMED, transport, signal)
    const split = splitter()
    let inputTokens = 0
    for await (const bytes of body) {
      for (const data of split(bytes)) {
        const said = JSON.parse(data) as StreamEvent
        if (said.type === 'content_block_delta') yield said.delta.text
        else if (said.type === 'message_start') inputTokens = inputOf(said.message.usage)
        else if (said.type === 'message_delta') yield { inputTokens, outputTokens: said.usage.output_tokens }
        else if (said.type === 'message_stop') return
      }
    }
  },
}
