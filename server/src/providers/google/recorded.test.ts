import { describe, expect, test } from 'vitest'
import type { TextPart, TextResult } from '../../core/text.ts'
import { google } from '../google.ts'
import { collect, connectTo } from '../testing/connection.ts'
import { inPieces, readChunks, readWire, wireFolder } from '../testing/wire.ts'
import { vertex } from '../vertex.ts'

const FOLDER = 'vercel-ai-fixtures/packages/google/src/__fixtures__'
const STREAMS = [
  'google-text',
  'google-reasoning',
  'google-reasoning-gemini3',
  'google-tool-call',
  'google-tool-call-gemini3',
  'google-stream-no-args-tool-call',
  'google-stream-tool-call-arguments',
  'google-stream-tool-call-array-arguments-missing-terminal-function-call',
  'google-vertex-stream-tool-call-arguments-nested.1',
]
const WHOLE = [
  'google-text',
  'google-reasoning',
  'google-reasoning-gemini3',
  'google-tool-call',
  'google-tool-call-gemini3',
]

const call = { model: 'gemini-3-pro-preview', messages: [{ role: 'user' as const, content: [] }] }

interface RecordedPart {
  text?: string
  thought?: boolean
  thoughtSignature?: string
  functionCall?: { name?: string; args?: unknown; partialArgs?: { jsonPath: string; [value: string]: unknown }[] }
}

interface Recorded {
  candidates: { content: { parts: RecordedPart[] }; finishReason?: string }[]
  usageMetadata: Record<string, number | undefined>
  responseId: string
}

/** Sets what a path such as `$.a[0].b` names; a string that is there already goes on. */
function assign(args: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path
    .slice(2)
    .split(/[.[\]]+/)
    .filter(Boolean)
  let place: Record<string, unknown> = args
  for (const [i, key] of keys.slice(0, -1).entries()) {
    place[key] ??= /^\d+$/.test(keys[i + 1]!) ? [] : {}
    place = place[key] as Record<string, unknown>
  }
  const last = keys.at(-1)!
  place[last] = typeof place[last] === 'string' ? `${place[last]}${String(value)}` : value
}

/** What a recording says, read from its JSON as it lies there. */
function expected(answers: Recorded[]) {
  const parts = answers.flatMap(({ candidates }) => candidates[0]!.content.parts)
  const said = (thought: boolean) =>
    parts.flatMap((part) => ((part.thought ?? false) === thought ? [part.text ?? ''] : [])).join('')
  const calls: { name: string; args: Record<string, unknown>; thoughtSignature: string | undefined }[] = []
  for (const { functionCall, thoughtSignature } of parts) {
    if (functionCall?.name) {
      calls.push({ name: functionCall.name, args: { ...(functionCall.args as object) }, thoughtSignature })
    }
    for (const { jsonPath, stringValue, numberValue } of functionCall?.partialArgs ?? []) {
      assign(calls.at(-1)!.args, jsonPath, stringValue ?? numberValue)
    }
  }
  const { usageMetadata: usage, responseId } = answers.at(-1)!
  return {
    text: said(false),
    reasoning: said(true) || undefined,
    calls: calls.map((each, index) => ({ ...each, id: `${responseId}-${index}` })),
    raw: answers.at(-1)!.candidates[0]!.finishReason,
    inputTokens: usage.promptTokenCount,
    outputTokens: usage.candidatesTokenCount! + (usage.thoughtsTokenCount ?? 0),
    reasoningTokens: usage.thoughtsTokenCount,
    upstreamRequestId: responseId,
  }
}

type Read = Omit<TextResult, 'warnings'>

function joined(parts: TextPart[]): Read {
  const finish = parts.at(-1)!
  if (finish.type !== 'finish') throw new Error('the stream has no end')
  const toolCalls: Read['toolCalls'] = []
  let text = ''
  let reasoning = ''
  for (const part of parts) {
    if (part.type === 'text-delta') text += part.text
    if (part.type === 'reasoning-delta') reasoning += part.text
    if (part.type !== 'tool-call-delta') continue
    toolCalls[part.index] ??= { id: part.id!, name: part.name!, arguments: '', opaque: part.opaque }
    toolCalls[part.index]!.arguments += part.arguments ?? ''
  }
  return { text, reasoning: reasoning || undefined, toolCalls, ...finish }
}

function seen({ text, reasoning, toolCalls, raw, usage, upstreamRequestId }: Read) {
  return {
    text,
    reasoning,
    calls: toolCalls.map(({ id, name, arguments: written, opaque }) => ({
      id,
      name,
      args: JSON.parse(written) as unknown,
      thoughtSignature: opaque?.thoughtSignature,
    })),
    raw,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    reasoningTokens: usage.reasoningTokens,
    upstreamRequestId,
  }
}

const stream = (body: Iterable<Uint8Array> | string) => collect(google.text!.stream(call, connectTo([{ body }])))

describe.skipIf(wireFolder() === undefined)(
  'recorded answers of the Gemini API (skipped without the wire folder)',
  () => {
    test.each(STREAMS)('the stream %s, in one piece and in any pieces', async (name) => {
      const chunks = readChunks(`${FOLDER}/${name}.chunks.txt`)
      const wanted = expected(chunks.map((chunk) => JSON.parse(chunk) as Recorded))
      const bytes = Buffer.from(chunks.map((chunk) => `data: ${chunk}\r\n\r\n`).join(''))
      const whole = joined(await stream(bytes.toString()))
      expect(seen(whole)).toEqual(wanted)
      expect(whole.reason).toBe(wanted.calls.length > 0 ? 'tool-calls' : 'stop')
      for (const [seed, longest] of [1, 2, 7, 64, 1500].entries()) {
        expect(joined(await stream(inPieces(bytes, longest, seed + 1)))).toEqual(whole)
      }
    })

    test.each(STREAMS)('the stream %s, cut before its end, is no answer', async (name) => {
      const chunks = readChunks(`${FOLDER}/${name}.chunks.txt`).slice(0, -1)
      await expect(stream(chunks.map((chunk) => `data: ${chunk}\n\n`).join(''))).rejects.toMatchObject({
        code: 'invalid_output',
      })
    })

    test.each(WHOLE)('the whole answer %s, and the same as a stream', async (name) => {
      const recorded = readWire(`${FOLDER}/${name}.json`)
      const wanted = expected([JSON.parse(recorded) as Recorded])
      const result = await google.text!.generate(call, connectTo([{ body: recorded }]))
      expect(seen(result)).toEqual(wanted)
      const streamed = joined(await stream(`data: ${JSON.stringify(JSON.parse(recorded))}\n\n`))
      expect(streamed).toEqual({ ...result, type: 'finish' })
    })

    test('a signature of text comes with the end', async () => {
      const recorded = readWire(`${FOLDER}/google-reasoning.json`)
      const { thoughtSignature } = (JSON.parse(recorded) as Recorded).candidates[0]!.content.parts[0]!
      const { opaque } = await google.text!.generate(call, connectTo([{ body: recorded }]))
      expect(opaque).toEqual({ thoughtSignature })
    })

    test('a spent quota of the minute, with its delay', async () => {
      const body = readWire(`${FOLDER}/google-429-retry-info.json`)
      await expect(google.text!.generate(call, connectTo([{ status: 429, body }]))).rejects.toMatchObject({
        code: 'rate_limit',
        retryAfterMs: 34_400,
        upstreamCode: 'RESOURCE_EXHAUSTED',
      })
    })

    test('embeddings of Vertex AI', async () => {
      const body = readWire('vercel-ai-fixtures/packages/google-vertex/src/__fixtures__/google-vertex-embedding.json')
      const { predictions } = JSON.parse(body) as { predictions: { embeddings: { values: number[] } }[] }
      const connection = connectTo([{ body }], { settings: { project: 'p' } })
      const result = await vertex.embed!.embed({ model: 'text-embedding-005', texts: ['one', 'two'] }, connection)
      expect(result.vectors).toEqual(predictions.map(({ embeddings }) => embeddings.values))
      expect(result.usage).toEqual({ inputTokens: 11 })
    })
  },
)
