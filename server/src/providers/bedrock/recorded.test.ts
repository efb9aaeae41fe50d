import { describe, expect, test } from 'vitest'
import type { TextCall, TextResult } from '../../core/text.ts'
import { bedrock } from '../bedrock.ts'
import { eventFrames, KEYS } from '../shared/aws/testing.ts'
import { whole } from '../shared/whole.ts'
import { collect, connectTo } from '../testing/connection.ts'
import { inPieces, readChunks, readWire, wireFolder } from '../testing/wire.ts'

const FOLDER = 'vercel-ai-fixtures/packages/amazon-bedrock/src/__fixtures__'
const NAMES = {
  streams: [
    'json-only-text-first.1',
    'json-other-tool.1',
    'json-tool-text-then-weather-then-json.1',
    'json-tool.1',
    'json-tool.2',
    'json-tool.3',
    'json-with-tool.1',
    'json-with-tools.1',
    'reasoning',
    'text',
    'tool-call.1',
    'tool-no-args',
  ],
  whole: [
    'json-other-tool.1',
    'json-tool-with-answer.1',
    'json-tool.1',
    'json-tool.2',
    'json-tool.3',
    'json-with-tool.1',
    'json-with-tools.1',
    'reasoning',
    'text',
    'tool-call.1',
    'tool-no-args',
  ],
}

type Json = Record<string, unknown>

interface Block {
  text?: string
  toolUse?: { toolUseId: string; name: string; input: unknown }
  reasoningContent?: { reasoningText?: { text: string; signature?: string } }
}

interface Recorded {
  output: { message: { content: Block[] } }
  stopReason: string
  usage: Record<string, number | undefined>
}

interface Delta {
  text?: string
  toolUse?: { input: string }
  reasoningContent?: { text?: string; signature?: string }
}

/** The message that the events of a recording add up to, put together as their reference tells it. */
function assembled(events: Json[]): Recorded {
  const blocks: Block[] = []
  const inputs: string[] = []
  let stopReason = ''
  let usage: Recorded['usage'] = {}
  for (const event of events) {
    const {
      contentBlockIndex: index = 0,
      delta,
      start,
    } = (event.contentBlockStart ?? event.contentBlockDelta ?? {}) as {
      contentBlockIndex?: number
      delta?: Delta
      start?: { toolUse?: Omit<NonNullable<Block['toolUse']>, 'input'> }
    }
    if (start ?? delta) blocks[index] ??= {}
    const block = blocks[index]
    if (block && start?.toolUse) block.toolUse = { ...start.toolUse, input: {} }
    if (block && delta?.text !== undefined) block.text = (block.text ?? '') + delta.text
    if (delta?.toolUse) inputs[index] = (inputs[index] ?? '') + delta.toolUse.input
    if (block && delta?.reasoningContent) {
      const { text = '', signature } = delta.reasoningContent
      const { text: before = '', signature: known } = block.reasoningContent?.reasoningText ?? {}
      block.reasoningContent = { reasoningText: { text: before + text, signature: signature ?? known } }
    }
    if (event.messageStop) ({ stopReason } = event.messageStop as { stopReason: string })
    if (event.metadata) ({ usage } = event.metadata as { usage: Recorded['usage'] })
  }
  for (const [index, input] of inputs.entries()) if (input) blocks[index]!.toolUse!.input = JSON.parse(input) as unknown
  return { output: { message: { content: blocks.filter(Boolean) } }, stopReason, usage }
}

/** What a recording says, as far as every answer has it. */
function expected({ output, stopReason, usage }: Recorded) {
  const { content } = output.message
  const thoughts = content.map(({ reasoningContent }) => reasoningContent?.reasoningText)
  return {
    text: content.map(({ text = '' }) => text).join(''),
    reasoning: thoughts.map((thought) => thought?.text ?? '').join('') || undefined,
    calls: content.flatMap(({ toolUse }) =>
      toolUse ? [{ id: toolUse.toolUseId, name: toolUse.name, input: toolUse.input ?? {} }] : [],
    ),
    signatures: thoughts.flatMap((thought) => (thought?.signature ? [thought.signature] : [])),
    raw: stopReason,
    inputTokens:
      usage.inputTokens === undefined
        ? undefined
        : usage.inputTokens + (usage.cacheReadInputTokens ?? 0) + (usage.cacheWriteInputTokens ?? 0),
    outputTokens: usage.outputTokens,
  }
}

function seen({ text, reasoning, toolCalls, raw, usage, opaque }: TextResult) {
  const thoughts = (opaque?.thinking ?? []) as { signature: string }[]
  return {
    text,
    reasoning,
    calls: toolCalls.map(({ id, name, arguments: written }) => ({ id, name, input: JSON.parse(written) as unknown })),
    signatures: thoughts.map(({ signature }) => signature),
    raw,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
  }
}

const CALL: TextCall = { model: 'anthropic.claude-sonnet-4-5-v1:0', messages: [{ role: 'user', content: [] }] }
const FOR_JSON: TextCall = {
  ...CALL,
  output: { type: 'schema', name: 'x', schema: { type: 'object', properties: {} } },
}

const connect = (body: string | Iterable<Uint8Array>) =>
  connectTo([{ body, headers: { 'x-amzn-requestid': 'r-7' } }], { credential: KEYS, region: 'us-east-1' })

async function stream(body: Iterable<Uint8Array>, call = CALL): Promise<TextResult> {
  const parts = await collect(bedrock.text!.stream(call, connect(body)))
  expect(parts.at(-1)?.type).toBe('finish')
  return whole(parts)
}

const eventsOf = (name: string): Json[] =>
  readChunks(`${FOLDER}/amazon-bedrock-${name}.chunks.txt`).map((line) => JSON.parse(line) as Json)

describe.skipIf(wireFolder() === undefined)('recorded answers of Bedrock (skipped without the wire folder)', () => {
  test.each(NAMES.streams)('the stream %s, in one piece and in any pieces', async (name) => {
    const events = eventsOf(name)
    const bytes = eventFrames(events)
    const result = await stream([bytes])
    const wanted = expected(assembled(events))
    expect(seen(result)).toEqual(wanted)
    expect(result.reason).toBe(wanted.calls.length > 0 ? 'tool-calls' : 'stop')
    expect(result.upstreamRequestId).toBe('r-7')
    for (const [seed, longest] of [1, 2, 7, 64, 900].entries()) {
      expect(await stream(inPieces(bytes, longest, seed + 1))).toEqual(result)
    }
  })

  test.each(NAMES.streams)('the stream %s, cut before its end, is no answer', async (name) => {
    const events = eventsOf(name)
    const cut = events.slice(
      0,
      events.findIndex(({ messageStop }) => messageStop),
    )
    await expect(stream([eventFrames(cut)])).rejects.toMatchObject({ code: 'invalid_output', upstreamRequestId: 'r-7' })
  })

  test.each(NAMES.whole)('the whole answer %s', async (name) => {
    const body = readWire(`${FOLDER}/amazon-bedrock-${name}.json`)
    const result = await bedrock.text!.generate(CALL, connect(body))
    expect(seen(result)).toEqual(expected(JSON.parse(body) as Recorded))
  })

  test.each(NAMES.streams.filter((name) => name.startsWith('json')))(
    'the stream %s with a form of output: the input of the tool is the answer',
    async (name) => {
      const events = eventsOf(name)
      const { calls, text } = expected(assembled(events))
      const answers = calls.filter((each) => each.name === 'json')
      const result = await stream([eventFrames(events)], FOR_JSON)
      if (answers.length === 0) expect(result.text).toBe(text)
      else
        expect(result.text.replace(/\s/g, '')).toBe(
          answers
            .map(({ input }) => JSON.stringify(input))
            .join('')
            .replace(/\s/g, ''),
        )
      expect(result.toolCalls.map(({ name: called }) => called)).toEqual(
        calls.map((each) => each.name).filter((called) => called !== 'json'),
      )
      expect(result.reason).toBe(result.toolCalls.length > 0 ? 'tool-calls' : 'stop')
    },
  )
})
