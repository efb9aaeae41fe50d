import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TextCall, TextPart } from '../../core/text.ts'
import { anthropic } from '../anthropic.ts'
import { eventStream } from '../shared/messages/testing.ts'
import { whole } from '../shared/whole.ts'
import { collect, connectTo } from '../testing/connection.ts'
import { inPieces, readChunks, readWire, wireFolder } from '../testing/wire.ts'

const FOLDER = 'vercel-ai-fixtures/packages/anthropic/src/__fixtures__'
const text = anthropic.text!
const call: TextCall = {
  model: 'claude-sonnet-4-5',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
}

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON is read by its own names
type Json = Record<string, any>

const files = (ending: string): string[] => {
  const folder = wireFolder()
  return folder === undefined ? [] : readdirSync(join(folder, FOLDER)).filter((name) => name.endsWith(ending))
}

/** A recording may hold the answers of several requests, one behind the other. */
function answersOf(file: string): string[][] {
  const answers: string[][] = [[]]
  for (const line of readChunks(`${FOLDER}/${file}`)) {
    answers.at(-1)!.push(line)
    if (JSON.parse(line).type === 'message_stop') answers.push([])
  }
  return answers.filter((answer) => answer.length > 0)
}

const REASONS: Record<string, string> = {
  end_turn: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  refusal: 'content-filter',
}

/** A message as it must be read, from its blocks. */
function expectation(blocks: Json[], stop: string, usage: Json) {
  const pick = (type: string): Json[] => blocks.filter((block) => block.type === type)
  const sum = usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0)
  return {
    text: pick('text')
      .map((block) => block.text)
      .join(''),
    reasoning: pick('thinking')
      .map((block) => block.thinking)
      .join(''),
    calls: pick('tool_use').map(({ id, name, input }) => ({ id, name, input })),
    thinking: pick('thinking'),
    reason: REASONS[stop],
    raw: stop,
    inputTokens: sum,
    cached: usage.cache_read_input_tokens,
    written: usage.cache_creation_input_tokens,
    outputTokens: usage.output_tokens,
  }
}

/** The blocks that a stream's events come to. */
function assemble(lines: string[]) {
  let blocks: Json[] = []
  let stop = ''
  const usage: Json = {}
  for (const event of lines.map((line) => JSON.parse(line) as Json)) {
    if (event.type === 'message_start') {
      blocks = event.message.content.map((block: Json) => ({ ...block }))
      stop = event.message.stop_reason ?? stop
      Object.assign(usage, event.message.usage)
    } else if (event.type === 'content_block_start') {
      blocks[event.index] = { ...event.content_block, json: '' }
    } else if (event.type === 'content_block_delta') {
      const block = blocks[event.index]!
      const { delta } = event
      if (delta.type === 'text_delta') block.text += delta.text
      if (delta.type === 'thinking_delta') block.thinking += delta.thinking
      if (delta.type === 'signature_delta') block.signature = delta.signature
      if (delta.type === 'input_json_delta') block.json += delta.partial_json
    } else if (event.type === 'content_block_stop') {
      const block = blocks[event.index]!
      if (block.json) block.input = JSON.parse(block.json)
      delete block.json
    } else if (event.type === 'message_delta') {
      stop = event.delta.stop_reason
      Object.assign(usage, event.usage)
    }
  }
  return expectation(blocks, stop, usage)
}

function read(result: ReturnType<typeof whole>) {
  return {
    text: result.text,
    reasoning: result.reasoning ?? '',
    calls: result.toolCalls.map(({ id, name, arguments: written }) => ({ id, name, input: JSON.parse(written) })),
    thinking: result.opaque?.thinking ?? [],
    reason: result.reason,
    raw: result.raw,
    inputTokens: result.usage.inputTokens,
    cached: result.usage.cachedInputTokens,
    written: result.usage.cacheWriteTokens,
    outputTokens: result.usage.outputTokens,
  }
}

async function stream(body: Iterable<Uint8Array>) {
  const parts = await collect(text.stream(call, connectTo([{ body }])))
  const ends = parts.filter((part) => part.type === 'finish')
  expect(ends).toHaveLength(1)
  expect(parts.at(-1)).toBe(ends[0])
  return read(whole(parts))
}

/** Recordings that are no whole answers: what must become of them is tested by itself. */
const BROKEN = new Set(['spliced-message-start.chunks.txt', 'anthropic-refusal.chunks.txt'])

describe.skipIf(wireFolder() === undefined)('recorded streams', () => {
  for (const file of files('.chunks.txt').filter((name) => !BROKEN.has(name))) {
    for (const [i, lines] of answersOf(file).entries()) {
      test(`${file}, answer ${i + 1}`, async () => {
        const bytes = eventStream(lines)
        const expected = assemble(lines)
        expect(await stream([bytes])).toEqual(expected)
        for (const longest of [1, 7, 300]) expect(await stream(inPieces(bytes, longest, longest))).toEqual(expected)
      })
    }
  }

  test('two answers spliced into each other are no answer', async () => {
    const body = eventStream(readChunks(`${FOLDER}/spliced-message-start.chunks.txt`))
    await expect(collect(text.stream(call, connectTo([{ body }])))).rejects.toMatchObject({
      code: 'invalid_output',
      message: 'provider began another answer in the midst of one.',
    })
  })

  test('a refusal is told in the words of the provider', async () => {
    const body = eventStream(readChunks(`${FOLDER}/anthropic-refusal.chunks.txt`))
    await expect(collect(text.stream(call, connectTo([{ body }])))).rejects.toMatchObject({
      code: 'content_policy',
      upstreamCode: 'cyber',
      retryable: false,
      message: expect.stringContaining("blocked under Anthropic's Usage Policy"),
    })
  })
})

describe.skipIf(wireFolder() === undefined)('recorded messages', () => {
  for (const file of files('.json')) {
    const message = JSON.parse(readWire(`${FOLDER}/${file}`)) as Json
    const answer = () => text.generate(call, connectTo([{ body: message, headers: { 'request-id': 'req_1' } }]))
    if (message.stop_reason === 'refusal') {
      test(`${file} is a refusal`, async () => {
        await expect(answer()).rejects.toMatchObject({ code: 'content_policy', upstreamRequestId: 'req_1' })
      })
      continue
    }
    test(file, async () => {
      const result = await answer()
      expect(read(result)).toEqual(expectation(message.content, message.stop_reason, message.usage))
      expect(result.upstreamRequestId).toBe('req_1')
      expect(result.usage.reasoningTokens).toBe(message.usage.output_tokens_details?.thinking_tokens)
    })
  }
})

describe.skipIf(wireFolder() === undefined)('an answer by a forced tool', () => {
  const schema = { type: 'object', properties: { elements: { type: 'array', items: { type: 'object' } } } }
  const structured: TextCall = { ...call, output: { type: 'schema', name: 'weather', schema } }
  const settings = { structuredOutput: 'tool' }

  test.each(['anthropic-json-tool.1', 'anthropic-json-tool.2'])('%s is the input of the tool', async (name) => {
    const lines = readChunks(`${FOLDER}/${name}.chunks.txt`)
    const parts = await collect(text.stream(structured, connectTo([{ body: eventStream(lines) }], { settings })))
    const end = parts.pop()
    expect(end).toMatchObject({ type: 'finish', reason: 'stop', raw: 'tool_use' })
    const said = parts.map((part) => (part.type === 'text-delta' ? part.text : fail(part)))
    expect(JSON.parse(said.join(''))).toEqual(assemble(lines).calls[0]!.input)
  })

  test('the same in one piece', async () => {
    const message = JSON.parse(readWire(`${FOLDER}/anthropic-json-tool.1.json`)) as Json
    const result = await text.generate(structured, connectTo([{ body: message }], { settings }))
    expect(result).toMatchObject({ reason: 'stop', toolCalls: [] })
    expect(JSON.parse(result.text)).toEqual(message.content[0].input)
  })

  test('another tool may be called instead', async () => {
    const lines = readChunks(`${FOLDER}/anthropic-json-other-tool.1.chunks.txt`)
    const parts = await collect(text.stream(structured, connectTo([{ body: eventStream(lines) }], { settings })))
    expect(parts[0]).toMatchObject({ type: 'tool-call-delta', name: 'weather' })
    expect(parts.at(-1)).toMatchObject({ reason: 'tool-calls' })
  })
})

function fail(part: TextPart): never {
  throw new Error(`a part that is no text: ${JSON.stringify(part)}`)
}
