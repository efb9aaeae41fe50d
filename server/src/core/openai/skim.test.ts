import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EventFramer } from '../../lib/sse.ts'
import { SkimmingChatReader } from './skim.ts'
import { ChatStreamReader } from './stream.ts'

const chunk = (delta: object, more: object = {}, finish: string | null = null) =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  })

const framed = (data: string, name = ''): Buffer =>
  Buffer.from(`${name === '' ? '' : `event: ${name}\n`}data: ${data}\n\n`)

/** What a reader says of pieces of a stream, each of which is whole events, and what it knows in the end. */
function readAll(reader: ChatStreamReader, pieces: readonly Buffer[]) {
  let skimmed = 0
  const texts: string[] = []
  const kinds = pieces.flatMap((piece) => {
    const events = new EventFramer().push(piece)
    const more: string[] = []
    if (reader instanceof SkimmingChatReader && reader.skim(piece, more)) {
      skimmed += 1
      texts.push(...more)
      return events.map(() => 'content')
    }
    return events.map((event) => {
      const kind = reader.read(event)
      const text = reader.chunk.choices?.[0]?.delta?.content
      if (kind === 'content' && typeof text === 'string') texts.push(text)
      return kind
    })
  })
  const { usage, finish, complete, error } = reader
  return { told: { kinds, texts: texts.join(''), usage, finish, complete, error }, skimmed }
}

/** Both readers must agree on everything that a relay asks them; the answer is how many pieces were skimmed. */
function expectAgreement(datas: readonly string[], frame = framed): number {
  const pieces = datas.map((data) => frame(data))
  const { told, skimmed } = readAll(new SkimmingChatReader(), pieces)
  expect(told).toEqual(readAll(new ChatStreamReader(), pieces).told)
  return skimmed
}

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

test('chunks that differ in their text alone are not parsed', () => {
  const more = [chunk({ content: ' leaves' }), chunk({ content: ' für Öl 😀' }), chunk({ content: '.' })]
  expect(expectAgreement([...START, ...more])).toBe(4)
  expect(expectAgreement([...START, ...more], (data) => Buffer.from(`data:${data}\n\n`))).toBe(4)
  // Two events of one piece, and one that is not whole.
  const reader = new SkimmingChatReader()
  for (const data of START) readAll(reader, [framed(data)])
  const texts: string[] = []
  expect(reader.skim(Buffer.concat([framed(more[0]!), framed(more[2]!)]), texts)).toBe(true)
  expect(texts).toEqual([' leaves', '.'])
  for (let length = 1; length < framed(more[0]!).length; length += 1) {
    expect(reader.skim(framed(more[0]!).subarray(0, length))).toBe(false)
  }
})

test('an event with the name of an error is one, however alike it is', () => {
  const reader = new SkimmingChatReader()
  const { told } = readAll(reader, [...START.map((data) => framed(data)), framed(chunk({ content: 'x' }), 'error')])
  expect(told.kinds.at(-1)).toBe('error')
})
