import type { TurnoutOptions } from 'turnout'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { all, FAST, type LibraryWorld, startLibrary } from './library-world.ts'

const UPSTREAM = { first: 'gpt-5.4-mini', second: 'gpt-5.4-nano', judge: 'gpt-5.4' } as const

const configuration = {
  ...FAST,
  models: Object.entries(UPSTREAM).map(([id, upstreamId]) => ({
    id,
    provider: 'openai',
    upstreamId,
    output: ['text' as const],
  })),
  pools: {
    plain: { members: ['first', 'second'] },
    judged: { members: ['first', 'second'], validate: { validator: {} } },
    held: { members: ['first', 'second'], validate: { maxLength: 20, when: 'before' as const } },
    judges: { members: ['judge'] },
  },
  roles: { validator: { pool: 'judges' } },
} satisfies TurnoutOptions['configuration']

let world: LibraryWorld
beforeEach(async () => {
  world = await startLibrary({ configuration })
})
afterEach(() => world.close())

const prompt = 'A page on turnouts.'
const LONG = 'A page that is rather too long.'
const says = (name: keyof typeof UPSTREAM, text: string) =>
  world.emulator.answers.add({ match: { model: UPSTREAM[name] }, text })
const recorded = () => world.records.map(({ operation, model, outcome }) => [operation, model, outcome])

describe('text.generate', () => {
  test('holds an answer to the rules of the call, and repairs what can be', async () => {
    says('first', 'A page!')
    says('second', 'Here: {"title":"t",}')
    const answer = await world.turnout.text.generate({ pool: 'plain', prompt, validate: { required: ['title'] } })
    expect(answer).toMatchObject({ text: '{"title":"t"}', model: 'second' })
    expect(answer.warnings).toHaveLength(2)
    expect(recorded()).toEqual([
      ['text.generate', 'first', 'failed'],
      ['text.generate', 'second', 'succeeded'],
    ])
  })

  test('asks the validator of a pool, whose attempts are told', async () => {
    says('first', 'A cat.')
    says('judge', '{"hardFail":true,"reasons":["There is a cat."]}')
    says('second', 'Two cats.')
    says('judge', '{"hardFail":true,"reasons":["There are two."]}')
    await expect(world.turnout.text.generate({ pool: 'judged', prompt })).rejects.toMatchObject({
      code: 'validator_hard_fail',
      message: expect.stringContaining('There is a cat.'),
      details: { attempts: [{}, { reasons: [expect.stringContaining('There are two.')] }] },
    })
    expect(recorded().map(([operation]) => operation)).toEqual([
      'validate',
      'text.generate',
      'validate',
      'text.generate',
    ])
  })

  test('refuses rules that cannot be used, by their name', async () => {
    const bad = world.turnout.text.generate({ model: 'first', prompt, validate: { pattern: '(a+)+' } })
    await expect(bad).rejects.toMatchObject({ code: 'invalid_input', param: 'validate.pattern' })
  })
})

test('text.object holds to the rules of its pool as well', async () => {
  says('first', '{"title":"t"}')
  says('judge', '{"hardFail":true,"reasons":[]}')
  says('second', '{"title":"u"}')
  says('judge', '{"hardFail":false,"reasons":[]}')
  const { object } = await world.turnout.text.object({
    pool: 'judged',
    prompt,
    schema: z.object({ title: z.string() }),
  })
  expect(object).toEqual({ title: 'u' })
})

describe('text.stream', () => {
  test('needs to be told when', async () => {
    const parts = world.turnout.text.stream({ pool: 'judged', prompt })
    await expect(all(parts)).rejects.toMatchObject({ code: 'invalid_input', param: 'validate.when' })
  })

  test('before: nothing of an answer that does not pass', async () => {
    says('first', LONG)
    says('second', 'A short page.')
    expect(await all(world.turnout.text.stream({ pool: 'held', prompt }))).toMatchObject([
      { type: 'text-delta', text: 'A short page.' },
      { type: 'finish', text: 'A short page.', model: 'second' },
    ])
  })

  test('after: the verdict in the last part', async () => {
    says('first', LONG)
    const validate = { maxLength: 20, when: 'after' as const }
    const parts = await all(world.turnout.text.stream({ model: 'first', prompt, validate }))
    expect(parts.at(-1)).toMatchObject({ type: 'finish', text: LONG, validation: { passed: false } })
  })
})
