import { describe, expect, test } from 'vitest'
import { readUsage } from '../../core/openai/usage.ts'
import type { TextPart, TextResult } from '../../core/text.ts'
import { openai } from '../openai.ts'
import { openAICompatible } from '../openai-compatible.ts'
import { collect, connectTo } from '../testing/connection.ts'
import { inPieces, readChunks, readWire, wireFolder } from '../testing/wire.ts'

const PACKAGES = 'vercel-ai-fixtures/packages'

/** Recordings of servers that speak OpenAI's chat completions, by what comes before the ending of their names. */
const STREAMS = [
  'alibaba/src/__fixtures__/alibaba-reasoning',
  'alibaba/src/__fixtures__/alibaba-text',
  'alibaba/src/__fixtures__/alibaba-tool-call',
  'deepseek/src/chat/__fixtures__/deepseek-reasoning',
  'deepseek/src/chat/__fixtures__/deepseek-text',
  'deepseek/src/chat/__fixtures__/deepseek-tool-call',
  'moonshotai/src/__fixtures__/moonshotai-stream',
  'openai-compatible/src/chat/__fixtures__/xai-text',
  'openai-compatible/src/chat/__fixtures__/xai-tool-call',
  'openai/src/chat/__fixtures__/azure-model-router.1',
  'openai/src/chat/__fixtures__/openai-text',
]
const WHOLE = [
  'alibaba/src/__fixtures__/alibaba-reasoning',
  'alibaba/src/__fixtures__/alibaba-text',
  'alibaba/src/__fixtures__/alibaba-tool-call',
  'deepseek/src/chat/__fixtures__/deepseek-json',
  'deepseek/src/chat/__fixtures__/deepseek-reasoning',
  'deepseek/src/chat/__fixtures__/deepseek-text',
  'deepseek/src/chat/__fixtures__/deepseek-tool-call',
  'moonshotai/src/__fixtures__/moonshotai-reasoning',
  'moonshotai/src/__fixtures__/moonshotai-text',
  'moonshotai/src/__fixtures__/moonshotai-tool-call',
  'openai-compatible/src/chat/__fixtures__/xai-text',
  'openai-compatible/src/chat/__fixtures__/xai-tool-call',
  'openai/src/chat/__fixtures__/openai-text',
]

const REASONS: Record<string, string> = { stop: 'stop', length: 'length', tool_calls: 'tool-calls' }

interface WireMessage {
  content?: string | null
  reasoning_content?: string | null
  tool_calls?: { index?: number; id?: string; function: { name?: string; arguments?: string } }[]
}

interface Recorded {
  choices: { delta?: WireMessage; message?: WireMessage; finish_reason?: string | null }[]
  usage?: Counted | null
}

interface Counted {
  prompt_tokens: number
  completion_tokens: number
  total_tokens: number
  cached_tokens?: number
  prompt_tokens_details?: { cached_tokens?: number }
  completion_tokens_details?: { reasoning_tokens?: number }
}

/** What a recording says: the messages or the deltas that it is made of, one behind the other. */
function expected(answers: Recorded[]) {
  const choices = answers.flatMap((answer) => answer.choices)
  const messages = choices.map(({ delta, message }) => delta ?? message ?? {})
  const calls: { id: string; name: string; arguments: string }[] = []
  for (const [position, { id, index, function: called }] of messages.flatMap((each) => each.tool_calls ?? []).entries())
    if (called.name) calls[index ?? position] = { id: id!, name: called.name, arguments: called.arguments ?? '' }
    else calls[index!]!.arguments += called.arguments ?? ''
  const raw = choices.findLast(({ finish_reason }) => finish_reason)!.finish_reason!
  const usage = answers.findLast((answer) => answer.usage)!.usage!
  const reasoningTokens = usage.completion_tokens_details?.reasoning_tokens
  return {
    text: messages.map(({ content }) => content ?? '').join(''),
    reasoning: messages.map(({ reasoning_content }) => reasoning_content ?? '').join('') || undefined,
    calls: calls.filter(Boolean),
    reason: REASONS[raw],
    raw,
    usage: {
      inputTokens: usage.prompt_tokens,
      // Whatever is not input is paid for as output, xAI's reasoning too, which it counts beside its completion.
      outputTokens: usage.total_tokens - usage.prompt_tokens,
      cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? usage.cached_tokens,
      reasoningTokens,
    },
  }
}

type Read = Omit<TextResult, 'warnings' | 'upstreamRequestId'>

const seen = ({ text, reasoning, toolCalls, reason, raw, usage }: Read) => {
  const { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = usage
  return {
    text,
    reasoning,
    calls: toolCalls,
    reason,
    raw,
    usage: { inputTokens, outputTokens, cachedInputTokens, reasoningTokens },
  }
}

function joined(parts: TextPart[]): Read {
  const finish = parts.at(-1)!
  if (finish.type !== 'finish') throw new Error('the stream has no end')
  let text = ''
  let reasoning = ''
  const toolCalls: Read['toolCalls'] = []
  for (const part of parts) {
    if (part.type === 'text-delta') text += part.text
    if (part.type === 'reasoning-delta') reasoning += part.text
    if (part.type !== 'tool-call-delta') continue
    // An id and a name come once.
    if (part.id !== undefined) toolCalls[part.index] = { id: part.id, name: part.name!, arguments: '' }
    toolCalls[part.index]!.arguments += part.arguments ?? ''
  }
  return { ...finish, text, reasoning: reasoning || undefined, toolCalls: toolCalls.filter(Boolean) }
}

const call = { model: 'writer', messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'x' }] }] }
const stream = async (body: Iterable<Uint8Array> | string) =>
  joined(await collect(openAICompatible.text!.stream(call, connectTo([{ body }]))))
const eventsOf = (chunks: string[]) => chunks.map((chunk) => `data: ${chunk}\n\n`).join('')
const parse = (text: string) => JSON.parse(text) as Recorded

describe.skipIf(wireFolder() === undefined)('recorded chat completions (skipped without the wire folder)', () => {
  test.each(STREAMS)('the stream %s, in one piece and in any pieces', async (name) => {
    const chunks = readChunks(`${PACKAGES}/${name}.chunks.txt`)
    const bytes = Buffer.from(`${eventsOf(chunks)}data: [DONE]\n\n`)
    const whole = await stream(bytes.toString())
    expect(seen(whole)).toEqual(expected(chunks.map(parse)))
    for (const [seed, longest] of [1, 7, 64, 1500].entries()) {
      expect(await stream(inPieces(bytes, longest, seed + 1))).toEqual(whole)
    }
  })

  test.each(STREAMS)('the stream %s, cut before its finish reason, is no answer', async (name) => {
    const chunks = readChunks(`${PACKAGES}/${name}.chunks.txt`)
    const end = chunks.findIndex((chunk) => parse(chunk).choices.some(({ finish_reason }) => finish_reason))
    await expect(stream(eventsOf(chunks.slice(0, end)))).rejects.toMatchObject({ code: 'invalid_output' })
  })

  test.each(WHOLE)('the whole answer %s', async (name) => {
    const body = readWire(`${PACKAGES}/${name}.json`)
    const result = await openAICompatible.text!.generate(call, connectTo([{ body }]))
    expect(seen(result)).toEqual(expected([parse(body)]))
  })

  test('a server that gives the calls of tools other numbers than 0, 1, 2', async () => {
    const events = readWire(`${PACKAGES}/openai-compatible/src/chat/__fixtures__/anthropic-fallback-tool-call.sse`)
    expect(await stream(events)).toMatchObject({
      text: 'Reading it.',
      toolCalls: [{ id: 'toolu_sanitized', name: 'read_file', arguments: '{"path": "a.txt"}' }],
      reason: 'tool-calls',
      usage: {},
    })
  })

  test('a model that takes other parameters', async () => {
    const body = readWire(`${PACKAGES}/openai/src/chat/__fixtures__/reasoning-model-legacy-parameter-error.json`)
    await expect(openai.text!.generate(call, connectTo([{ status: 400, body }]))).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'max_tokens',
      upstreamCode: 'unsupported_parameter',
      message: expect.stringContaining("Use 'max_completion_tokens' instead."),
    })
  })

  test('the usage of embeddings, which pass through', () => {
    const { usage } = parse(readWire(`${PACKAGES}/openai/src/embedding/__fixtures__/openai-embedding.json`))
    expect(readUsage(usage)).toEqual({ inputTokens: 12 })
  })
})

describe.skipIf(wireFolder() === undefined)('recorded pictures (skipped without the wire folder)', () => {
  const FOLDER = `${PACKAGES}/openai/src/image/__fixtures__`
  const drawing = { model: 'gpt-image-2', prompt: 'an otter', count: 1 }

  test.each(['openai-image', 'openai-image-edit'])('%s', async (name) => {
    const body = readWire(`${FOLDER}/${name}.json`)
    const { data, ...told } = JSON.parse(body) as {
      data: { b64_json: string; revised_prompt?: string }[]
      [name: string]: unknown
    }
    const words = ['background', 'output_format', 'quality', 'size'].filter((word) => told[word] !== undefined)
    const drawn = Object.fromEntries(words.map((word) => [word, told[word]]))
    const outcome = await openai.image!.start(drawing, connectTo([{ body }]))
    expect(outcome).toMatchObject({ status: 'done', usage: { images: data.length } })
    expect('media' in outcome && outcome.media).toEqual(
      data.map(({ b64_json, revised_prompt }) => ({
        bytes: Buffer.from(b64_json, 'base64'),
        mediaType: 'image/png',
        ...(revised_prompt && { revisedPrompt: revised_prompt }),
        ...(words.length > 0 && { drawn }),
      })),
    )
  })

  test('a field that the model does not know', async () => {
    const body = readWire(`${FOLDER}/gpt-image-response-format-error.json`)
    await expect(openai.image!.start(drawing, connectTo([{ status: 400, body }]))).rejects.toMatchObject({
      code: 'invalid_input',
      param: 'response_format',
      upstreamCode: 'unknown_parameter',
    })
  })
})
