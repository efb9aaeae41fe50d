import type { FinishReason, Usage } from '@turnout/contract'
import type { Connection } from 'turnout/src/core/adapter.ts'
import type { TextCall, TextMessage } from 'turnout/src/core/text.ts'
import { bedrock } from 'turnout/src/providers/bedrock.ts'
import { frame, frameSplitter } from '../frames.ts'
import { readJson } from '../requests.ts'
import { AWS_CREDENTIAL, postSigned, REGION } from '../signing.ts'
import { ANSWER, callOf, deltas, INPUT_TOKENS, OUTPUT_TOKENS } from '../talk.ts'
import { EVENTS, type TextSpeaker, wordsOf } from '../text.ts'

const MODEL = 'eu.anthropic.claude-haiku-4-5-20251001-v1:0'
const USAGE = { inputTokens: INPUT_TOKENS, outputTokens: OUTPUT_TOKENS, totalTokens: INPUT_TOKENS + OUTPUT_TOKENS }

const event = (type: string, value: object): Buffer =>
  frame(type, 'application/json', Buffer.from(JSON.stringify({ ...value, p: 'abcdefghijklmnop' })))

const EVENT_LIST: readonly Buffer[] = [
  event('messageStart', { role: 'assistant' }),
  ...deltas(EVENTS - 4).map((text) => event('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
  event('contentBlockStop', { contentBlockIndex: 0 }),
  event('messageStop', { stopReason: 'end_turn' }),
  event('metadata', { usage: USAGE, metrics: { latencyMs: 1234 } }),
]

interface Turn {
  role: 'user' | 'assistant'
  content: object[]
}

function turnOf(message: Exclude<TextMessage, { role: 'system' }>): Turn {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: [{ text: wordsOf(message.content) }] }
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          ...(message.text === '' ? [] : [{ text: message.text }]),
          ...(message.toolCalls ?? []).map(({ id, name, arguments: written }) => ({
            toolUse: { toolUseId: id, name, input: JSON.parse(written) as unknown },
          })),
        ],
      }
    case 'tool': {
      const content = [{ text: wordsOf(message.content) }]
      return { role: 'user', content: [{ toolResult: { toolUseId: message.callId, content } }] }
    }
  }
}

/** A call in the words of the protocol, in which the two sides take turns. */
function requestOf({ messages, tools, maxTokens, temperature }: TextCall): object {
  const turns: Turn[] = []
  const system: object[] = []
  for (const message of messages) {
    if (message.role === 'system') {
      system.push({ text: message.text })
      continue
    }
    const turn = turnOf(message)
    const last = turns.at(-1)
    if (last?.role === turn.role) last.content.push(...turn.content)
    else turns.push(turn)
  }
  return {
    system: system.length > 0 ? system : undefined,
    messages: turns,
    toolConfig: tools && {
      tools: tools.map(({ name, description, parameters }) => ({
        toolSpec: { name, description, inputSchema: { json: parameters } },
      })),
    },
    inferenceConfig: { maxTokens, temperature },
  }
}

interface Block {
  text?: string
  toolUse?: { toolUseId: string; name: string; input: object }
}

interface Answer {
  output: { message: { content: Block[] } }
  stopReason: string
  usage: typeof USAGE
}

/** Of whichever event it is. */
interface Event {
  contentBlockIndex: number
  start: { toolUse?: { toolUseId: string; name: string } }
  delta: { text?: string; toolUse?: { input: string } }
  stopReason: string
  usage: typeof USAGE
}

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool-calls',
  guardrail_intervened: 'content-filter',
  content_filtered: 'content-filter',
}

const usageOf = ({ inputTokens, outputTokens }: typeof USAGE): Usage => ({ inputTokens, outputTokens })

const send = (operation: string, call: TextCall, connection: Connection) =>
  postSigned('bedrock', `/model/${encodeURIComponent(call.model)}/${operation}`, requestOf(call), connection)

export const bedrockSpeaker: TextSpeaker = {
  name: 'bedrock, signed',
  adapter: bedrock.text!,
  byHand: {
    async generate(call, connection) {
      const { output, stopReason, usage } = await readJson<Answer>(await send('converse', call, connection))
      let text = ''
      const toolCalls = []
      for (const block of output.message.content) {
        if (block.text !== undefined) text += block.text
        else if (block.toolUse) {
          const { toolUseId: id, name, input } = block.toolUse
          toolCalls.push({ id, name, arguments: JSON.stringify(input) })
        }
      }
      return { text, toolCalls, reason: REASONS[stopReason] ?? 'other', usage: usageOf(usage) }
    },
    async *stream(call, connection) {
      const { body } = await send('converse-stream', call, connection)
      const split = frameSplitter()
      let reason: FinishReason = 'other'
      for await (const bytes of body) {
        for (const { kind, type, payload } of split(bytes)) {
          if (kind !== 'event') throw new Error(payload.toString())
          const said = JSON.parse(payload.toString()) as Event
          const index = said.contentBlockIndex
          if (type === 'contentBlockDelta') {
            const { text, toolUse } = said.delta
            if (text) yield { type: 'text-delta', text }
            else if (toolUse) yield { type: 'tool-call-delta', index, arguments: toolUse.input }
          } else if (type === 'contentBlockStart') {
            const { toolUse } = said.start
            if (toolUse) yield { type: 'tool-call-delta', index, id: toolUse.toolUseId, name: toolUse.name }
          } else if (type === 'messageStop') reason = REASONS[said.stopReason] ?? 'other'
          else if (type === 'metadata') yield { type: 'finish', reason, usage: usageOf(said.usage) }
        }
      }
    },
  },
  access: {
    provider: 'bedrock',
    baseUrl: `https://bedrock-runtime.${REGION}.amazonaws.com`,
    credential: AWS_CREDENTIAL,
    region: REGION,
  },
  call: callOf(MODEL),
  headers: {
    whole: { 'content-type': 'application/json', 'x-amzn-requestid': 'bench' },
    streamed: { 'content-type': 'application/vnd.amazon.eventstream', 'x-amzn-requestid': 'bench' },
  },
  answer: Buffer.from(
    JSON.stringify({
      metrics: { latencyMs: 1234 },
      output: { message: { content: [{ text: ANSWER }], role: 'assistant' } },
      stopReason: 'end_turn',
      usage: USAGE,
    }),
  ),
  events: EVENT_LIST,
}
