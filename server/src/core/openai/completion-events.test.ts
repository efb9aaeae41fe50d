import { expect, test } from 'vitest'
import { ChunkTexts, streamedTexts, textsOf, withStreamedTexts, withTexts } from '../validation/completion.ts'
import { completionEvents } from './completion-events.ts'

const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }
const COMPLETION = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 7,
    model: 'm',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hi.', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
      { index: 1, message: { role: 'assistant', content: null, tool_calls: [call] }, finish_reason: 'tool_calls' },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
    turnout: { warnings: ['w'] },
  }),
)
const chunksOf = (events: string) =>
  events.split('\n\n').flatMap((event) => (event === '' ? [] : [JSON.parse(event.slice('data: '.length))]))

test('a whole completion as events says all that it said', () => {
  const chunks = chunksOf(completionEvents(COMPLETION, true, { validation: { passed: true } }))
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 7, model: 'm' })
  }
  expect(chunks.map(({ choices }) => choices)).toEqual([
    [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
    [{ index: 0, delta: { content: 'Hi.' }, finish_reason: null }],
    [{ index: 0, delta: {}, finish_reason: 'stop' }],
    [{ index: 1, delta: { role: 'assistant', content: '' }, finish_reason: null }],
    [{ index: 1, delta: { tool_calls: [{ index: 0, ...call }] }, finish_reason: null }],
    [{ index: 1, delta: {}, finish_reason: 'tool_calls' }],
    [],
  ])
  expect(chunks.map(({ turnout }) => turnout).filter(Boolean)).toEqual([
    { warnings: ['w'], validation: { passed: true } },
  ])
  expect(chunks.at(-1)).toMatchObject({ usage: { completion_tokens: 2 } })
  expect(chunks.filter(({ usage }) => usage)).toHaveLength(1)
})

test('usage is left out where nobody asked for it', () => {
  expect(completionEvents(COMPLETION, false, undefined)).not.toContain('usage')
})

test('the texts of a completion and of its stream are the same', () => {
  const gathered = new ChunkTexts()
  for (const chunk of chunksOf(completionEvents(COMPLETION, true, undefined))) gathered.push(chunk)
  expect(gathered.texts).toEqual(textsOf(COMPLETION))
  expect(gathered.texts.map(({ text, reason, callsTools }) => [text, reason, callsTools])).toEqual([
    ['Hi.', 'stop', false],
    ['', 'tool-calls', true],
  ])
})

test('a completion takes other texts', () => {
  expect(textsOf(withTexts(COMPLETION, ['Ho.', '']))[0]).toMatchObject({ text: 'Ho.' })
})

test('so does one that came as a stream, in one piece for each choice', () => {
  const cut = completionEvents(COMPLETION, true, undefined)
    .replace('"content":"Hi."', '"content":"H"')
    .replace(/(data: [^\n]*"content":)"H"([^\n]*\n\n)/, '$1"H"$2: alive\n\n$1"i."$2')
  const streamed = Buffer.from(cut)
  const { head, texts } = streamedTexts(streamed)
  expect(head).toMatchObject({ id: 'chatcmpl-1', created: 7, model: 'm' })
  expect([...texts.values()]).toEqual(textsOf(COMPLETION))
  const told = withStreamedTexts(streamed, new Map([...texts.keys()].map((index) => [index, index === 0 ? 'Ho.' : ''])))
  const chunks = chunksOf(told.toString())
  const pieces = chunks.flatMap(({ choices }) => choices).filter(({ index, delta }) => index === 0 && delta.content)
  expect(pieces).toMatchObject([{ delta: { content: 'Ho.' } }])
  expect(streamedTexts(told).texts.get(1)).toEqual(texts.get(1))
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 2 } })
})
