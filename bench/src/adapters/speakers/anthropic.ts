import type { FinishReason, Usage } from '@turnout/contract'
import type { Connection } from 'turnout/src/core/adapter.ts'
import type { TextCall, TextMessage } from 'turnout/src/core/text.ts'
import { anthropic } from 'turnout/src/providers/anthropic.ts'
import { postJson, readJson } from '../requests.ts'
import { event, splitter } from '../sse.ts'
import { ANSWER, callOf, deltas, INPUT_TOKENS, OUTPUT_TOKENS } from '../talk.ts'
import { EVENTS, type TextSpeaker, wordsOf } from '../text.ts'

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

interface Turn {
  role: 'user' | 'assistant'
  content: object[]
}

const textBlock = (text: string): object => ({ type: 'text', text })

function turnOf(message: Exclude<TextMessage, { role: 'system' }>): Turn {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: [textBlock(wordsOf(message.content))] }
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...(message.text === '' ? [] : [textBlock(message.text)]),
          ...(message.toolCalls ?? []).map(({ id, name, arguments: written }) => ({
            type: 'tool_use',
            id,
            name,
            input: JSON.parse(written) as unknown,
          })),
        ],
      }
    case 'tool': {
      const content = [textBlock(wordsOf(message.content))]
      return { role: 'user', content: [{ type: 'tool_result', tool_use_id: message.callId, content }] }
    }
  }
}

/** A call in the words of the protocol, in which the two sides take turns. */
function requestOf({ model, messages, tools, maxTokens, temperature }: TextCall, isStreamed: boolean): object {
  const turns: Turn[] = []
  let system: string | undefined
  for (const message of messages) {
    if (message.role === 'system') {
      system = system === undefined ? message.text : `${system}\n\n${message.text}`
      continue
    }
    const turn = turnOf(message)
    const last = turns.at(-1)
    if (last?.role === turn.role) last.content.push(...turn.content)
    else turns.push(turn)
  }
  return {
    model,
    max_tokens: maxTokens,
    system,
    messages: turns,
    tools: tools?.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters })),
    temperature,
    stream: isStreamed || undefined,
  }
}

interface Block {
  type: string
  text: string
  id: string
  name: string
  input: object
}

interface Message {
  content: Block[]
  stop_reason: string
  usage: typeof USAGE
}

type StreamEvent =
  | { type: 'message_start'; message: Message }
  | { type: 'content_block_start'; index: number; content_block: Block }
  | { type: 'content_block_delta'; index: number; delta: { type: string; text: string; partial_json: string } }
  | { type: 'message_delta'; delta: { stop_reason: string }; usage: { output_tokens: number } }
  | { type: 'error'; error: { message: string } }
  | { type: 'message_stop' }

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
}

const usageOf = (usage: typeof USAGE, outputTokens: number): Usage => ({
  inputTokens: usage.input_tokens + usage.cache_creation_input_tokens + usage.cache_read_input_tokens,
  cachedInputTokens: usage.cache_read_input_tokens,
  cacheWriteTokens: usage.cache_creation_input_tokens,
  outputTokens,
})

const send = (call: TextCall, connection: Connection, isStreamed: boolean) =>
  postJson(
    `${connection.baseUrl}/v1/messages`,
    { 'x-api-key': connection.credential!, 'anthropic-version': '2023-06-01' },
    requestOf(call, isStreamed),
    connection,
  )

export const anthropicSpeaker: TextSpeaker = {
  name: 'anthropic',
  adapter: anthropic.text!,
  byHand: {
    async generate(call, connection) {
      const { content, stop_reason, usage } = await readJson<Message>(await send(call, connection, false))
      let text = ''
      const toolCalls = []
      for (const block of content) {
        if (block.type === 'text') text += block.text
        else if (block.type === 'tool_use')
          toolCalls.push({ id: block.id, name: block.name, arguments: JSON.stringify(block.input) })
      }
      return {
        text,
        toolCalls,
        reason: REASONS[stop_reason] ?? 'other',
        usage: usageOf(usage, usage.output_tokens),
      }
    },
    async *stream(call, connection) {
      const { body } = await send(call, connection, true)
      const split = splitter()
      let input: typeof USAGE | undefined
      let reason: FinishReason = 'other'
      let usage: Usage = {}
      for await (const bytes of body) {
        for (const data of split(bytes)) {
          const said = JSON.parse(data) as StreamEvent
          if (said.type === 'content_block_delta') {
            const { index, delta } = said
            if (delta.type === 'text_delta') yield { type: 'text-delta', text: delta.text }
            else if (delta.type === 'input_json_delta')
              yield { type: 'tool-call-delta', index, arguments: delta.partial_json }
          } else if (said.type === 'content_block_start') {
            const { id, name, type } = said.content_block
            if (type === 'tool_use') yield { type: 'tool-call-delta', index: said.index, id, name }
          } else if (said.type === 'message_start') input = said.message.usage
          else if (said.type === 'message_delta') {
            reason = REASONS[said.delta.stop_reason] ?? 'other'
            usage = usageOf(input!, said.usage.output_tokens)
          } else if (said.type === 'error') throw new Error(said.error.message)
          else if (said.type === 'message_stop') {
            yield { type: 'finish', reason, usage }
            return
          }
        }
      }
    },
  },
  access: { provider: 'anthropic', baseUrl: 'https://api.anthropic.com', credential: 'sk-ant-bench' },
  call: callOf(MODEL),
  headers: {
    whole: { 'content-type': 'application/json', 'request-id': 'req_011Bench' },
    streamed: { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': 'req_011Bench' },
  },
  answer: Buffer.from(
    JSON.stringify({ ...MESSAGE, content: [{ type: 'text', text: ANSWER }], ...ended, usage: USAGE }),
  ),
  events: EVENT_LIST,
}
