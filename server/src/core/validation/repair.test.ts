import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { repairJson } from './repair.ts'

const FENCE = 'A code fence around the JSON was taken off.'
const AROUND = 'Text around the JSON was taken off.'
const COMMA = 'A comma before the end of an object or a list was taken out.'

describe('what can be repaired', () => {
  test.each<[name: string, given: string, text: string, repairs: string[]]>([
    ['nothing to repair', '{"a":1}', '{"a":1}', []],
    ['white space', '\n {"a":1} ', '{"a":1}', []],
    ['a fence', '```json\n{"a":1}\n```', '{"a":1}', [FENCE]],
    ['a fence without a language, CRLF', '```\r\n[1]\r\n```\r\n', '[1]', [FENCE]],
    ['a fence among words', 'Here:\n```json\n{"a":1}\n```\nEnjoy.', '{"a":1}', [FENCE, AROUND]],
    ['words around', 'Sure! {"a":{"b":[1]}} Anything else?', '{"a":{"b":[1]}}', [AROUND]],
    ['words and brackets around', 'See [1]: {"a":1}', '{"a":1}', [AROUND]],
    ['a trailing comma', '{"a":[1,2,],"b":{},\n}', '{"a":[1,2],"b":{}\n}', [COMMA]],
    ['all of it', 'So:\n```js\n{"a":1,}\n```', '{"a":1}', [FENCE, AROUND, COMMA]],
    ['commas and braces in strings', 'Yes: {"a":"},]{\\",}",}', '{"a":"},]{\\",}"}', [AROUND, COMMA]],
    ['backticks in a string', '```json\n{"a":"```"}\n```', '{"a":"```"}', [FENCE]],
  ])('%s', (_, given, text, repairs) => {
    expect(repairJson(given)).toEqual({ text, repairs })
  })

  test.each([
    ['no JSON at all', 'Basel is nice.'],
    ['two objects', '{"a":1} or {"a":2}'],
    ['two blocks', '```\n{"a":1}\n```\n```\n{"a":2}\n```'],
    ['an object that is cut', '{"a":{"b":1}'],
    ['a list among words', 'Take [1] of them'],
    ['a comma too many', '[1,,2]'],
    ['single quotes', "{'a':1}"],
    ['a fence that is not closed', '```json\n{"a":1'],
  ])('not %s', (_, given) => {
    expect(repairJson(given)).toBeUndefined()
  })

  test('any value comes out of any wrapping as it is', () => {
    const word = fc.stringMatching(/^[A-Za-z .,!?\n]{0,20}$/)
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        word,
        word,
        fc.boolean(),
        (value, before, after, fenced) => {
          const json = JSON.stringify(value, undefined, 1)
          const wrapped = fenced ? `${before}\n\`\`\`json\n${json}\n\`\`\`\n${after}` : `${before}${json}${after}`
          expect(JSON.parse(repairJson(wrapped)!.text)).toEqual(JSON.parse(json))
        },
      ),
    )
  })

  test('takes time in proportion to the text', () => {
    for (const piece of ['```a\n', '{', '{"', ',', ', ', '"\\'])
      expect(repairJson(piece.repeat(200_000))).toBeUndefined()
  }, 5_000)
})
