import type { Transport } from 'turnout/src/core/adapter.ts'
import { bedrock } from 'turnout/src/providers/bedrock.ts'
import { frame, frameSplitter } from '../frames.ts'
import type { Access } from '../memory.ts'
import { AWS_CREDENTIAL, REGION, sign } from '../signing.ts'
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

const MODEL = 'eu.anthropic.claude-haiku-4-5-20251001-v1:0'
const HOST = `bedrock-runtime.${REGION}.amazonaws.com`
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

const REQUEST = {
  system: [{ text: SYSTEM }],
  messages: [
    { role: 'user', content: [{ text: QUESTION }] },
    { role: 'assistant', content: [{ toolUse: { toolUseId: CALL_ID, name: FIND.name, input: ARGUMENTS } }] },
    {
      role: 'user',
      content: [{ toolResult: { toolUseId: CALL_ID, content: [{ text: RESULT }] } }, { text: LAST }],
    },
  ],
  toolConfig: {
    tools: [FIND, BOOK].map(({ name, description, parameters }) => ({
      toolSpec: { name, description, inputSchema: { json: parameters } },
    })),
  },
  inferenceConfig: { maxTokens: MAX_TOKENS, temperature: TEMPERATURE },
}

interface Answer {
  output: { message: { content: { text: string }[] } }
  usage: typeof USAGE
}

interface Delta {
  delta: { text: string }
}

const access: Access = {
  provider: 'bedrock',
  baseUrl: `https://${HOST}`,
  credential: AWS_CREDENTIAL,
  region: REGION,
}

function send(operation: string, transport: Transport, signal: AbortSignal) {
  const path = `/model/${encodeURIComponent(MODEL)}/${operation}`
  const body = JSON.stringify(REQUEST)
  const headers = sign({ service: 'bedrock', host: HOST, path, headers: [['content-type', 'application/json']] }, body)
  return transport(`https://${HOST}${path}`, { method: 'POST', headers, body, signal })
}

export const bedrockSpeaker: TextSpeaker = {
  name: 'bedrock, signed',
  adapter: bedrock.text!,
  access,
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
  async generate(transport, signal) {
    const { output, usage } = JSON.parse(await (await send('converse', transport, signal)).text()) as Answer
    return {
      text: output.message.content[0]!.text,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
    }
  },
  async *stream(transport, signal) {
    const { body } = await send('converse-stream', transport, signal)
    const split = frameSplitter()
    for await (const bytes of body) {
      for (const { type, payload } of split(bytes)) {
        if (type === 'contentBlockDelta') yield (JSON.parse(payload.toString()) as Delta).delta.text
        if (type !== 'metadata') continue
        const { inputTokens, outputTokens } = (JSON.parse(payload.toString()) as Answer).usage
        yield { inputTokens, outputTokens }
      }
    }
  },
}
