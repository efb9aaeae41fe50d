import type { Transport } from 'turnout/src/core/adapter.ts'
import { google } from 'turnout/src/providers/google.ts'
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

const REQUEST = {
  systemInstruction: { parts: [{ text: SYSTEM }] },
  tools: [
    {
      functionDeclarations: [FIND, BOOK].map(({ name, description, parameters }) => ({
        name,
        description,
        parametersJsonSchema: parameters,
      })),
    },
  ],
  contents: [
    { role: 'user', parts: [{ text: QUESTION }] },
    { role: 'model', parts: [{ functionCall: { id: CALL_ID, name: FIND.name, args: ARGUMENTS } }] },
    { role: 'user', parts: [{ functionResponse: { id: CALL_ID, name: FIND.name, response: { output: RESULT } } }] },
    { role: 'user', parts: [{ text: LAST }] },
  ],
  generationConfig: { maxOutputTokens: MAX_TOKENS, temperature: TEMPERATURE },
}

interface Chunk {
  candidates: { content: { parts: { text: string }[] }; finishReason?: string }[]
  usageMetadata: typeof USAGE
}

const access: Access = {
  provider: 'google',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  credential: 'AIza-bench',
}

const send = (method: string, transport: Transport, signal: AbortSignal) =>
  transport(`https://generativelanguage.googleapis.com/v1beta/models/${MODEL}:${method}`, {
    method: 'POST',
    headers: { 'x-goog-api-key': access.credential!, 'content-type': 'application/json' },
    body: JSON.stringify(REQUEST),
    signal,
  })

const countsOf = ({ usageMetadata }: Chunk) => ({
  inputTokens: usageMetadata.promptTokenCount,
  outputTokens: usageMetadata.candidatesTokenCount,
})

export const googleSpeaker: TextSpeaker = {
  name: 'google',
  adapter: google.text!,
  access,
  call: callOf(MODEL),
  headers: {
    whole: { 'content-type': 'application/json; charset=UTF-8' },
    streamed: { 'content-type': 'text/event-stream' },
  },
  answer: Buffer.from(JSON.stringify(chunk(ANSWER, 'STOP'))),
  events: deltas(EVENTS).map((text, i) => event(chunk(text, i === EVENTS - 1 ? 'STOP' : undefined))),
  async generate(transport, signal) {
    const answer = JSON.parse(await (await send('generateContent', transport, signal)).text()) as Chunk
    return { text: answer.candidates[0]!.content.parts[0]!.text, ...countsOf(answer) }
  },
  async *stream(transport, signal) {
    const { body } = await send('streamGenerateContent?alt=sse', transport, signal)
    const split = splitter()
    for await (const bytes of body) {
      for (const data of split(bytes)) {
        const said = JSON.parse(data) as Chunk
        const candidate = said.candidates[0]!
        yield candidate.content.parts[0]!.text
        if (candidate.finishReason) yield countsOf(said)
      }
    }
  },
}
