import { Validator } from '@turnout/contract'
import { describe, expect, test } from 'vitest'
import { TurnoutError } from '../error.ts'
import { triggerOf } from '../routing/triggers.ts'
import { notJudged, notPassed, reasonsOf } from './failure.ts'
import { readVerdict, verdictRequest } from './model.ts'

const MESSAGES = [
  { role: 'system' as const, content: 'Be brief.' },
  {
    role: 'user' as const,
    content: [
      { type: 'text' as const, text: 'What is this?' },
      { type: 'image_url' as const, image_url: { url: 'https://assets.example/a.png' } },
    ],
  },
]
const asked = (validator: object) => verdictRequest(Validator.parse(validator), MESSAGES, 'A "cat".')

describe('what a validator is asked', () => {
  test('is the answer with its conversation, as material', () => {
    const { messages, response_format } = asked({ instruction: 'No cats.' })
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(messages[0]!.content).toContain('No cats.')
    expect(JSON.parse(messages[1]!.content as string)).toEqual({
      conversation: [
        { role: 'system', text: 'Be brief.' },
        { role: 'user', text: 'What is this?\n[image_url]' },
      ],
      answer: 'A "cat".',
    })
    expect(response_format).toMatchObject({ type: 'json_schema', json_schema: { strict: true } })
  })

  test('is the answer alone where it is to see no more', () => {
    const { messages } = asked({ conversation: false })
    expect(JSON.parse(messages[1]!.content as string)).toEqual({ answer: 'A "cat".' })
  })
})

describe('a verdict', () => {
  test('is read, with reasons that have an end', () => {
    const reasons = ['  ', ' too short ', ...Array.from({ length: 20 }, () => 'x'.repeat(1000))]
    const verdict = readVerdict(JSON.stringify({ hardFail: true, reasons }), 'openai')
    expect(verdict).toMatchObject({ hardFail: true })
    expect(verdict.reasons[0]).toBe('too short')
    expect(verdict.reasons).toHaveLength(10)
    expect(verdict.reasons[1]).toHaveLength(300)
  })

  test.each(['', 'fine', '{}', '{"hardFail":"no","reasons":[]}', '{"hardFail":false}', 'null'])('is not %j', (text) => {
    expect(() => readVerdict(text, 'openai')).toThrow(expect.objectContaining({ code: 'invalid_output' }))
  })
})

describe('the trigger of a failure', () => {
  test.each([
    ['empty', 'empty_output'],
    ['structure', 'invalid_structure'],
    ['field', 'missing_field'],
    ['length', 'validator_hard_fail'],
    ['pattern', 'validator_hard_fail'],
    ['validator', 'validator_hard_fail'],
  ] as const)('by %s is %s', (rule, trigger) => {
    const error = notPassed(
      [
        { rule, reason: 'is so' },
        { rule: 'length', reason: 'is short' },
      ],
      'openai',
    )
    expect(error).toMatchObject({ code: 'validator_hard_fail', message: 'The answer of openai is so; is short.' })
    expect(triggerOf(error)).toBe(trigger)
    expect(reasonsOf(error)).toEqual(['is so', 'is short'])
  })

  test('is none where nobody could judge: another answer would not be judged either', () => {
    const error = notJudged(new TurnoutError('timeout', 'It is silent.'), 'openai')
    expect(triggerOf(error)).toBeUndefined()
    expect(error).toMatchObject({ code: 'validator_hard_fail', retryable: false })
    expect(error.message).toContain('It is silent.')
  })
})
