import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PAGE, Validated } from './validation-world.ts'

let world: Validated
beforeAll(async () => {
  world = await Validated.start()
})
afterAll(async () => {
  await world.gateway.close()
})
beforeEach(async () => {
  await world.reset()
})

const GOOD = '{"title":"Turnouts"}'
const UNTITLED = '{"name":"Turnouts"}'

const sum = (costs: (string | null)[]): string =>
  String(costs.reduce((total, cost) => total + Math.round(Number(cost) * 1e9), 0))
const nano = (dollars: string | null): string => String(Math.round(Number(dollars) * 1e9))

describe('an answer that breaks the rules of its pool', () => {
  test.each([
    ['lacks a field', UNTITLED, 'lacks title'],
    ['is no JSON', 'A page!', 'is not JSON'],
    ['does not fit the schema', '{"title":7}', '/title must be string'],
    ['is empty', '', 'is empty'],
  ])('because it %s is followed by that of the next deployment', async (_, bad, reason) => {
    world.says('first', bad)
    world.says('second', GOOD)
    const had = await world.chat({ model: 'pool:structured' })
    expect(had).toMatchObject({ status: 200, text: GOOD, finish: 'stop' })
    expect(had.headers.get('x-turnout-model')).toBe('second')
    expect(had.headers.get('x-turnout-fallbacks')).toBe('1')
    const [failed, good] = await world.recorded(had)
    expect(failed).toMatchObject({ model: 'first', outcome: 'failed', errorCode: 'validator_hard_fail' })
    expect(good).toMatchObject({ model: 'second', outcome: 'succeeded' })
    // What the provider made is paid for.
    expect(Number(failed!.cost)).toBeGreaterThan(0)
    world.says('first', bad)
    world.says('second', bad)
    const { status, error } = await world.chat({ model: 'pool:structured' })
    expect(status).toBe(502)
    expect(error).toMatchObject({ code: 'validator_hard_fail', message: expect.stringContaining(reason) })
    expect(error.attempts.map(({ deployment, reasons }: never) => [deployment, (reasons as string[])[0]])).toEqual([
      ['first', expect.stringContaining(reason)],
      ['second', expect.stringContaining(reason)],
    ])
  })

  test('does not set a deployment aside, however often', async () => {
    for (let i = 0; i < 4; i += 1) {
      world.says('first', UNTITLED)
      world.says('second', GOOD)
      await world.chat({ model: 'pool:structured' })
    }
    const { body } = await world.gateway.api('GET', '/api/deployments')
    expect(body.data.find(({ id }: { id: string }) => id === 'first')).toMatchObject({ state: 'ready', failures: 0 })
  })

  test.each([
    ['missing_field', UNTITLED],
    ['empty_output', ''],
  ])('goes no further where the pool switched %s off', async (_, bad) => {
    world.says('first', bad)
    expect((await world.chat({ model: 'pool:unmoved' })).status).toBe(502)
    expect(world.asked()).toEqual(['first'])
  })

  test.each([
    ['invalid_structure', '{"title":1}'],
    ['validator_hard_fail', '{"title":"Turnouts, and how to build them"}'],
  ])('goes on where %s is on', async (_, bad) => {
    world.says('first', bad)
    world.says('second', GOOD)
    expect(await world.chat({ model: 'pool:unmoved' })).toMatchObject({ status: 200, text: GOOD })
  })

  test('of a single model is asked for again', async () => {
    world.says('first', UNTITLED, GOOD)
    const had = await world.chat({ model: 'first', turnout: { validate: { required: ['title'] } } })
    expect(had).toMatchObject({ status: 200, text: GOOD })
    expect(had.headers.get('x-turnout-attempts')).toBe('2')
  })

  test('because it was withheld is content policy, which leads nowhere', async () => {
    const choices = [{ index: 0, message: { role: 'assistant', content: 'A' }, finish_reason: 'content_filter' }]
    const body = { object: 'chat.completion', choices, usage: { prompt_tokens: 3, completion_tokens: 2 } }
    world.gateway.emulator.faults.add({ match: { operation: 'chat' }, fault: { kind: 'status', status: 200, body } })
    const { status, error } = await world.chat({ model: 'pool:structured' })
    expect(status).toBe(400)
    expect(error.code).toBe('content_policy')
    expect(world.asked()).toEqual(['first'])
  })

  test('of which one choice of several breaks them', async () => {
    world.says('first', GOOD, UNTITLED)
    world.says('second', GOOD, GOOD)
    const had = await world.chat({ model: 'pool:structured', n: 2 })
    expect(had.headers.get('x-turnout-model')).toBe('second')
  })
})

describe('rules of several sources', () => {
  test('of a role come to those of its pool', async () => {
    world.says('first', '{"title":"Turnouts, and how to build them"}')
    world.says('second', GOOD)
    expect((await world.chat({ model: 'role:writer' })).text).toBe(GOOD)
    world.says('first', UNTITLED)
    world.says('second', GOOD)
    expect((await world.chat({ model: 'role:writer' })).text).toBe(GOOD)
  })

  test('of a request come to those of its pool, and do not weaken them', async () => {
    world.says('first', '{"title":"t"}')
    world.says('second', GOOD)
    const strict = { validate: { minLength: 15 } }
    expect((await world.chat({ model: 'pool:structured', turnout: strict })).text).toBe(GOOD)
    world.says('first', 'A page!')
    world.says('second', 'A page!')
    expect((await world.chat({ model: 'pool:structured', turnout: { validate: {} } })).status).toBe(502)
  })

  test('are not passed on to the provider', async () => {
    world.says('first', GOOD)
    await world.chat({ model: 'pool:plain', turnout: { validate: { schema: PAGE } } })
    expect(world.sent()[0]).not.toHaveProperty('turnout')
  })
})

describe('an answer that can be repaired', () => {
  test.each([
    ['a fence', '```json\n{"title":"t"}\n```', '{"title":"t"}', 'A code fence'],
    ['words around', 'Here it is: {"title":"t"} Enjoy!', '{"title":"t"}', 'Text around'],
    ['a trailing comma', '{"title":"t",}', '{"title":"t"}', 'A comma'],
  ])('of %s is, and says so', async (_, said, text, warning) => {
    world.says('first', said)
    const had = await world.chat({ model: 'pool:structured' })
    expect(had).toMatchObject({ status: 200, text })
    expect(had.headers.get('x-turnout-warnings')).toContain(warning)
  })

  test('is, where JSON was asked for and something validates', async () => {
    world.says('first', '```json\n{"title":"t"}\n```')
    const messages = [{ role: 'user', content: 'A page, as JSON.' }]
    const had = await world.chat({
      model: 'first',
      messages,
      response_format: { type: 'json_object' },
      turnout: { validate: {} },
    })
    expect(had).toMatchObject({ status: 200, text: '{"title":"t"}' })
  })

  test('stays as it is where no JSON is wanted', async () => {
    const said = '```json\n{"title":"t"}\n```'
    world.says('first', said)
    expect((await world.chat({ model: 'first', turnout: { validate: { minLength: 3 } } })).text).toBe(said)
  })
})

describe('a model as validator', () => {
  test('lets an answer pass, and is paid for as part of the request', async () => {
    world.says('first', 'A dog.')
    world.judges(false, 'A little short.')
    const had = await world.chat({ model: 'pool:judged' })
    expect(had).toMatchObject({ status: 200, text: 'A dog.' })
    expect(had.headers.get('x-turnout-warnings')).toContain('A little short.')
    const records = await world.recorded(had)
    expect(records.map(({ operation, model }) => [operation, model])).toEqual([
      ['chat', 'first'],
      ['validate', 'judge'],
    ])
    expect(nano(had.headers.get('x-turnout-cost'))).toBe(sum(records.map(({ cost }) => cost)))
    const [, asked] = world.sent() as { messages: { content: string }[] }[]
    expect(asked!.messages[0]!.content).toContain('No cats.')
    expect(asked!.messages[1]!.content).toContain('A dog.')
  })

  test('refuses one, with its reasons', async () => {
    world.says('first', 'A cat.')
    world.judges(true, 'There is a cat.')
    world.says('second', 'A dog.')
    world.judges(false)
    const had = await world.chat({ model: 'pool:judged' })
    expect(had).toMatchObject({ status: 200, text: 'A dog.' })
    expect(world.asked()).toEqual(['first', 'judge', 'second', 'judge'])
    world.says('first', 'A cat.')
    world.says('second', 'Two cats.')
    world.judges(true, 'There is a cat.')
    world.judges(true, 'There are two.')
    const { error } = await world.chat({ model: 'pool:judged' })
    expect(error).toMatchObject({ code: 'validator_hard_fail', message: expect.stringContaining('There is a cat.') })
    expect(error.attempts[1].reasons[0]).toContain('There are two.')
  })

  test('has a deputy by the fallback of its own pool', async () => {
    world.says('first', 'A cat.')
    world.says('judge', 'Fine with me!')
    world.says('deputy', '{"hardFail":true,"reasons":["There is a cat."]}')
    world.says('second', 'A dog.')
    world.judges(false)
    const had = await world.chat({ model: 'pool:judged' })
    expect(had.text).toBe('A dog.')
    expect(world.asked()).toEqual(['first', 'judge', 'deputy', 'second', 'judge'])
  })

  describe('that cannot judge', () => {
    const nonsense = () => {
      world.says('judge', 'Fine with me!')
      world.says('deputy', '{"hardFail":"maybe","reasons":[]}')
    }
    const down = () => {
      for (const model of ['gpt-5.4', 'gpt-5.5']) {
        world.gateway.emulator.faults.add({ match: { model }, times: 10, fault: { kind: 'status', status: 503 } })
      }
    }

    test.each([
      ['answers nonsense', nonsense],
      ['is down', down],
    ])('because it %s makes the answer fail, and no other is paid for', async (_, prepare) => {
      world.says('first', 'A cat.')
      prepare()
      const had = await world.chat({ model: 'pool:strict' })
      expect(had.status).toBe(502)
      expect(had.error).toMatchObject({
        code: 'validator_hard_fail',
        message: expect.stringContaining('could not be validated'),
      })
      expect(had.headers.get('x-should-retry')).toBe('false')
      expect(world.asked()).not.toContain('second')
      const [first] = await world.recorded(had)
      expect(first).toMatchObject({ model: 'first', outcome: 'failed' })
    })

    test('lets the answer pass with a warning where that was chosen', async () => {
      world.says('first', 'A cat.')
      nonsense()
      const had = await world.chat({ model: 'pool:lenient' })
      expect(had).toMatchObject({ status: 200, text: 'A cat.' })
      expect(had.headers.get('x-turnout-warnings')).toContain('could not validate the answer')
    })

    test('is not waited for longer than it may take', async () => {
      world.says('first', 'A cat.')
      world.gateway.emulator.faults.add({ match: { model: 'gpt-5.4' }, fault: { kind: 'silence' } })
      world.says('deputy', '{"hardFail":false,"reasons":[]}')
      const had = await world.chat({ model: 'pool:strict' })
      expect(had).toMatchObject({ status: 200, text: 'A cat.' })
      const records = await world.recorded(had)
      expect(records.filter(({ operation }) => operation === 'validate')).toMatchObject([
        { model: 'judge', outcome: 'failed', errorCode: 'timeout' },
        { model: 'deputy', outcome: 'succeeded' },
      ])
    })
  })

  test('is not asked about what breaks a rule', async () => {
    world.says('first', 'A cat and a dog.')
    world.says('second', 'A dog.')
    world.judges(false)
    await world.chat({ model: 'pool:judged', turnout: { validate: { maxLength: 10 } } })
    expect(world.asked()).toEqual(['first', 'second', 'judge'])
  })

  test('of a request must exist', async () => {
    const validate = { validator: { model: 'pool:nobody' } }
    const { status, error } = await world.chat({ model: 'first', turnout: { validate } })
    expect(status).toBe(400)
    expect(error).toMatchObject({ code: 'invalid_input', param: 'turnout.validate.validator.model' })
    expect(world.asked()).toEqual([])
  })
})

describe('rules of a request that cannot be used', () => {
  test.each<[turnout: object, param: string]>([
    [{ validate: { pattern: '(a+)+$' } }, 'turnout.validate.pattern'],
    [{ validate: { schema: { type: 'nothing' } } }, 'turnout.validate.schema'],
    [{ validate: { minLength: 'long' } }, 'turnout.validate.minLength'],
    [{ validate: { required: ['a..b'] } }, 'turnout.validate.required[0]'],
    [{ validate: { maximum: 3 } }, 'turnout.validate.maximum'],
    [{ valid: {} }, 'turnout.valid'],
  ])('%j are refused by their name', async (turnout, param) => {
    const { status, error } = await world.chat({ model: 'first', turnout })
    expect(status).toBe(400)
    expect(error).toMatchObject({ code: 'invalid_input', param })
    expect(world.asked()).toEqual([])
  })
})
