import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ServerSentEvent } from '../../lib/sse.ts'
import { SkimmingChatReader } from './skim.ts'
import { ChatStreamReader } from './stream.ts'

const event = (data: string, name = ''): ServerSentEvent => ({ start: 0, end: data.length, name, data })

const chunk = (delta: object, more: object = {}, finish: string | null = null) =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  })

/** What a reader says of events, and what it knows in the end. */
function readAll(reader: ChatStreamReader, datas: readonly string[]) {
  const kinds = datas.map((data) => reader.read(event(data)))
  const { usage, finish, complete, error } = reader
  return { kinds, usage, finish, complete, error }
}

/** Both readers must agree on everything that a relay asks them. */
const expectAgreement = (datas: readonly string[]) =>
  expect(readAll(new SkimmingChatReader(), datas)).toEqual(readAll(new ChatStreamReader(), datas))

const START = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'The' }), chunk({ content: ' train' })]

describe('skimming says what reading says', () => {
  test.each<[string, string[]]>([
    ['of plain chunks', [chunk({ content: ' leaves' }), chunk({}, {}, 'stop'), '[DONE]']],
    ['of escapes', [chunk({ content: 'a\n"b"\\' }), chunk({ content: 'ü😀' })]],
    ['of an empty text', [chunk({ content: '' })]],
    ['of a text that ends too early', ['{"id":"chatcmpl-1","object":"chat.completion.chunk","model":"m","choices":[']],
    ['of a quote too many', [chunk({ content: 'a' }).replace('"a"', '"a""')]],
    ['of a line feed in a string', [chunk({ content: 'a' }).replace('"a"', '"a\u0001"')]],
    ['of something behind the end', [`${chunk({ content: 'a' })}}`]],
    ['of a finish reason beside a text', [chunk({ content: '.' }, {}, 'length')]],
    ['of usage beside a text', [chunk({ content: '.' }, { usage: { prompt_tokens: 3, completion_tokens: 2 } })]],
    ['of an error', [chunk({ content: '.' }, { error: { message: 'overloaded' } })]],
    [
      'of a text that looks like a chunk',
      [chunk({ content: '","content":"' }), chunk({ content: '"obfuscation":"x"' })],
    ],
    ['of padding', [chunk({ content: 'a' }, { obfuscation: 'x1' }), chunk({ content: 'bc' }, { obfuscation: 'q' })]],
    ['of another choice', [JSON.stringify({ choices: [{ index: 1, delta: { content: 'b' } }] })]],
  ])('%s', (_, datas) => {
    expectAgreement([...START, ...datas])
    expectAgreement([...START, ...datas, ...START, ...datas])
  })

  test('of any texts, whole or damaged', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a', '"', '\\', '","', '}]}'))
    const data = fc
      .tuple(text, fc.option(text), fc.option(fc.nat(400)))
      .map(([content, obfuscation, cut]) =>
        chunk({ content }, obfuscation === null ? {} : { obfuscation }).slice(0, cut ?? undefined),
      )
    fc.assert(
      fc.property(fc.array(data, { maxLength: 12 }), (datas) => {
        expectAgreement([...START, ...datas])
      }),
    )
  })
})

test('an event with the name of an error is one, however alike it is', () => {
  const reader = new SkimmingChatReader()
  for (const data of START) reader.read(event(data))
  expect(reader.read(event(chunk({ content: 'x' }), 'error'))).toBe('error')
})
