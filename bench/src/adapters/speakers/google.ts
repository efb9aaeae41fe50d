import type { FinishReason, Usage } from '@turnout/contract'
import type { Connection } from 'turnout/src/core/adapter.ts'
import type { TextCall, ToolCall } from 'turnout/src/core/text.ts'
import { google } from 'turnout/src/providers/google.ts'
import { postJson, readJson } from '../requests.ts'
import { event, splitter } from '../sse.ts'
import { ANSWER, callOf, deltas, INPUT_TOKENS, OUTPUT_TOKENS } from '../talk.ts'
import { EVENTS, type TextSpeaker, wordsOf } from '../text.ts'

const MODEL = 'gemini-2.5-flash'
const USAGE = {
  promptTokenCount: INPUT_TOKENS,
  candidatesTokenCount: OUTPUT_TOKENS,
  totalTokenCount: INPUT_TOKENS + OUTPUT_TOKENS,
  promptTokensDetails: [{ modality: 'TEXT', tokenCount: INPUT_TOKENS }],
}

const chunk = (text: string, finishReason?: string): object => ({
  candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason, index: 0 }],
  usageMetadata: USAGE,
  modelVersion: MODEL,
  responseId: 'bench-AAAAAAAAAAAAAAAA',
})

/** A call in the words of the protocol, in which the result of a tool has the name of the tool. */
function requestOf({ messages, tools, maxTokens, temperature }: TextCall): object {
  const contents: object[] = []
  const system: object[] = []
  const names = new Map<string, string>()
  for (const message of messages) {
    switch (message.role) {
      case 'system':
        system.push({ text: message.text })
        break
      case 'user':
        contents.push({ role: 'user', parts: [{ text: wordsOf(message.content) }] })
        break
      case 'assistant': {
        const parts: object[] = message.text === '' ? [] : [{ text: message.text }]
        for (const { id, name, arguments: written } of message.toolCalls ?? []) {
          names.set(id, name)
          parts.push({ functionCall: { id, name, args: JSON.parse(written) as unknown } })
        }
        contents.push({ role: 'model', parts })
        break
      }
      case 'tool': {
        const { callId: id, content } = message
        const functionResponse = { id, name: names.get(id), response: { output: wordsOf(content) } }
        contents.push({ role: 'user', parts: [{ functionResponse }] })
      }
    }
  }
  return {
    systemInstruction: system.length > 0 ? { parts: system } : undefined,
    tools: tools && [
      {
        functionDeclarations: tools.map(({ name, description, parameters }) => ({
          name,
          description,
          parametersJsonSchema: parameters,
        })),
      },
    ],
    contents,
    generationConfig: { maxOutputTokens: maxTokens, temperature },
  }
}

interface Part {
  text?: string
  thought?: boolean
  functionCall?: { id: string; name: string; args: object }
}

interface Chunk {
  candidates: { content: { parts: Part[] }; finishReason?: string }[]
  usageMetadata: typeof USAGE
  error?: { message: string }
}

const REASONS: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content-filter',
  RECITATION: 'content-filter',
  PROHIBITED_CONTENT: 'content-filter',
}

const usageOf = ({ usageMetadata }: Chunk): Usage => ({
  inputTokens: usageMetadata.promptTokenCount,
  outputTokens: usageMetadata.candidatesTokenCount,
})

const reasonOf = (raw: string, calls: number): FinishReason =>
  raw === 'STOP' && calls > 0 ? 'tool-calls' : (REASONS[raw] ?? 'other')

const toolCallOf = ({ id, name, args }: NonNullable<Part['functionCall']>): ToolCall => ({
  id,
  name,
  arguments: JSON.stringify(args),
})

const send = (method: string, call: TextCall, connection: Connection) =>
  postJson(
    `${connection.baseUrl}/models/${call.model}:${method}`,
    { 'x-goog-api-key': connection.credential! },
    requestOf(call),
    connection,
  )

export const googleSpeaker: TextSpeaker = {
  name: 'google',
  adapter: google.text!,
  byHand: {
    async generate(call, connection) {
      const answer = await readJson<Chunk>(await send('generateContent', call, connection))
      const { content, finishReason } = answer.candidates[0]!
      let text = ''
      const toolCalls: ToolCall[] = []
      for (const part of content.parts) {
        if (part.functionCall) toolCalls.push(toolCallOf(part.functionCall))
        else if (part.text && !part.thought) text += part.text
      }
      return { text, toolCalls, reason: reasonOf(finishReason!, toolCalls.length), usage: usageOf(answer) }
    },
    async *stream(call, connection) {
      const { body } = await send('streamGenerateContent?alt=sse', call, connection)
      const split = splitter()
      let calls = 0
      for await (const bytes of body) {
        for (const data of split(bytes)) {
          const said = JSON.parse(data) as Chunk
          if (said.error) throw new Error(said.error.message)
          const { content, finishReason } = said.candidates[0]!
          for (const part of content.parts) {
            if (part.functionCall) yield { type: 'tool-call-delta', index: calls++, ...toolCallOf(part.functionCall) }
            else if (part.text && !part.thought) yield { type: 'text-delta', text: part.text }
          }
          if (finishReason) yield { type: 'finish', reason: reasonOf(finishReason, calls), usage: usageOf(said) }
        }
      }
    },
  },
  access: {
    provider: 'google',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    credential: 'AIza-bench',
  },
  call: callOf(MODEL),
  headers: {
    whole: { 'content-type': 'application/json; charset=UTF-8' },
    streamed: { 'content-type': 'text/event-stream' },
  },
  answer: Buffer.from(JSON.stringify(chunk(ANSWER, 'STOP'))),
  events: deltas(EVENTS).map((text, i) => event(chunk(text, i === EVENTS - 1 ? 'STOP' : undefined))),
}
