import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TextCall } from '../../core/text.ts'
import { openAIResponsesText } from '../openai-responses.ts'
import { eventStream } from '../shared/messages/testing.ts'
import { whole } from '../shared/whole.ts'
import { collect, connectTo } from '../testing/connection.ts'
import { inPieces, readChunks, readWire, wireFolder } from '../testing/wire.ts'

const FOLDER = 'vercel-ai-fixtures/packages/openai/src/responses/__fixtures__'
const call: TextCall = { model: 'gpt-5-pro', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] }

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON is read by its own names
type Json = Record<string, any>

const files = (ending: string): string[] => {
  const folder = wireFolder()
  return folder === undefined ? [] : readdirSync(join(folder, FOLDER)).filter((name) => name.endsWith(ending))
}

/** A recording may hold the answers of several requests, one behind the other. */
function answersOf(file: string): string[][] {
  const answers: string[][] = []
  for (const line of readChunks(`${FOLDER}/${file}`)) {
    if (line.includes('"type":"response.created"') || answers.length === 0) answers.push([])
    answers.at(-1)!.push(line)
  }
  return answers
}

/** What output items and a usage come to. */
function expectation(items: Json[], usage: Json) {
  const calls = items.filter((item) => item.type === 'function_call')
  return {
    text: items
      .filter((item) => item.type === 'message')
      .flatMap((item) => item.content)
      .map((part: Json) => part.text)
      .join(''),
    reasoning: items
      .filter((item) => item.type === 'reasoning')
      .map((item) => item.summary.map((part: Json) => part.text).join('\n\n'))
      .join(''),
    calls: calls.map((item) => ({ id: item.call_id, name: item.name, arguments: item.arguments })),
    kept: items
      .filter((item) => item.encrypted_content && item.type === 'reasoning')
      .map((item) => item.encrypted_content),
    reason: calls.length > 0 ? 'tool-calls' : 'stop',
    raw: 'completed',
    inputTokens: usage.input_tokens,
    cached: usage.input_tokens_details.cached_tokens,
    written: usage.input_tokens_details.cache_write_tokens,
    outputTokens: usage.output_tokens,
    reasoningTokens: usage.output_tokens_details.reasoning_tokens,
  }
}

/** What a stream says: its items' text, unless what was streamed of it is another (some recordings are abridged). */
const saidIn = (events: Json[]): string =>
  events
    .filter((event) => event.type === 'response.output_item.done' && event.item.type === 'message')
    .map(({ item, output_index }) => {
      const deltas = events.filter((event) => event.output_index === output_index && event.type.endsWith('text.delta'))
      const streamed = deltas.map((event) => event.delta).join('')
      const all = item.content.map((part: Json) => part.text).join('')
      return all.startsWith(streamed) ? all : streamed
    })
    .join('')

const read = (result: ReturnType<typeof whole>) => ({
  text: result.text,
  reasoning: result.reasoning ?? '',
  calls: result.toolCalls.map(({ id, name, arguments: written }) => ({ id, name, arguments: written })),
  kept: ((result.opaque?.reasoning ?? []) as Json[]).map((item) => item.encrypted_content),
  reason: result.reason,
  raw: result.raw,
  inputTokens: result.usage.inputTokens,
  cached: result.usage.cachedInputTokens,
  written: result.usage.cacheWriteTokens,
  outputTokens: result.usage.outputTokens,
  reasoningTokens: result.usage.reasoningTokens,
})

async function stream(body: Iterable<Uint8Array>) {
  const parts = await collect(openAIResponsesText.stream(call, connectTo([{ body }])))
  const end = parts.at(-1)
  expect(parts.filter((part) => part.type === 'finish')).toEqual([end])
  return read(whole(parts))
}

/** Recordings whose answers failed, or were recorded with a brace missing at their end. */
const BROKEN = new Set(['openai-error.1.chunks.txt', 'parallel-tool-call-wrapper.1.chunks.txt'])

describe.skipIf(wireFolder() === undefined)('recorded streams', () => {
  for (const file of files('.chunks.txt').filter((name) => !BROKEN.has(name))) {
    for (const [i, lines] of answersOf(file).entries()) {
      test(`${file}, answer ${i + 1}`, async () => {
        const events = lines.map((line) => JSON.parse(line) as Json)
        const items = events.filter((event) => event.type === 'response.output_item.done').map((event) => event.item)
        const expected = { ...expectation(items, events.at(-1)!.response.usage), text: saidIn(events) }
        const bytes = eventStream(lines)
        expect(await stream([bytes])).toEqual(expected)
        for (const longest of bytes.length > 200_000 ? [97] : [1, 7, 300])
          expect(await stream(inPieces(bytes, longest, longest))).toEqual(expected)
      })
    }
  }

  const wrapper = () => readChunks(`${FOLDER}/parallel-tool-call-wrapper.1.chunks.txt`)
  const ask = (lines: string[]) => collect(openAIResponsesText.stream(call, connectTo([{ body: eventStream(lines) }])))

  test('an answer whose closing event cannot be read is not complete', async () => {
    await expect(ask(wrapper())).rejects.toMatchObject({ code: 'invalid_output' })
  })

  test('the same with its brace', async () => {
    const mended = wrapper().map((line) => {
      try {
        JSON.parse(line)
        return line
      } catch {
        return `${line}}`
      }
    })
    expect(await ask(mended)).toMatchObject([
      { type: 'tool-call-delta', id: 'call_parallel', name: 'parallel' },
      ...Array.from({ length: mended.filter((line) => line.includes('arguments.delta')).length }, () => ({ index: 0 })),
      { type: 'finish', reason: 'tool-calls' },
    ])
  })

  test('an answer that failed is told in the words of the provider', async () => {
    await expect(ask(readChunks(`${FOLDER}/openai-error.1.chunks.txt`))).rejects.toMatchObject({
      code: 'billing',
      upstreamCode: 'insufficient_quota',
      message: expect.stringContaining('You exceeded your current quota'),
    })
  })
})

describe.skipIf(wireFolder() === undefined)('recorded responses', () => {
  for (const file of files('.json')) {
    const answer = JSON.parse(readWire(`${FOLDER}/${file}`)) as Json
    const ask = (status: number) =>
      openAIResponsesText.generate(call, connectTo([{ status, body: answer, headers: { 'x-request-id': 'req_1' } }]))
    if (answer.error) {
      test(`${file} is an error`, async () => {
        const quota = answer.error.code === 'insufficient_quota'
        await expect(ask(quota ? 429 : 400)).rejects.toMatchObject({
          code: quota ? 'billing' : 'invalid_input',
          param: answer.error.param ?? undefined,
          upstreamRequestId: 'req_1',
        })
      })
      continue
    }
    test(file, async () => {
      expect(read(await ask(200))).toEqual(expectation(answer.output, answer.usage))
    })
  }
})
