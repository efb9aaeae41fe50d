import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ADMIN_KEY } from './gateway.ts'
import { Validated } from './validation-world.ts'

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

const SHORT = 'A short page.'
const LONG = 'A page that is rather too long.'
const TOO_LONG = { rule: 'length', reason: 'has 31 characters, more than 20' }

/** One event after the other of the native API. */
async function events(body: object): Promise<{ status: number; events: Record<string, unknown>[]; done: boolean }> {
  const response = await fetch(`${world.gateway.url}/api/generate-text`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'A page on turnouts.', stream: true, ...body }),
  })
  const text = await response.text()
  if (response.status !== 200) return { status: response.status, events: [JSON.parse(text)], done: false }
  const found = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!))
  return { status: 200, events: found, done: text.includes('[DONE]') }
}

test('a streamed answer that is validated needs to be told when', async () => {
  for (const model of ['pool:structured', 'pool:judged', 'role:writer']) {
    const { status, error } = await world.chat({ model, stream: true })
    expect(status).toBe(400)
    expect(error).toMatchObject({ code: 'invalid_input', param: 'turnout.validate.when' })
  }
  const native = await events({ modelId: 'pool:structured' })
  expect(native).toMatchObject({ status: 400, events: [{ error: { code: 'invalid_input' } }] })
  expect(world.asked()).toEqual([])
  world.says('first', '{"title":"t"}')
  expect((await world.chat({ model: 'pool:structured' })).status).toBe(200)
})

describe('before: a stream', () => {
  test('brings nothing of an answer that does not pass', async () => {
    world.says('first', LONG)
    world.says('second', SHORT)
    const had = await world.chat({ model: 'pool:held', stream: true, stream_options: { include_usage: true } })
    expect(had).toMatchObject({ status: 200, text: SHORT, finish: 'stop', done: true, error: undefined })
    expect(had.headers.get('content-type')).toContain('text/event-stream')
    expect(had.headers.get('x-turnout-model')).toBe('second')
    expect(had.usage).toMatchObject({ prompt_tokens: 12 })
    expect(had.turnout.validation).toEqual({ passed: true, failures: [] })
    expect(await world.recorded(had)).toMatchObject([
      { model: 'first', outcome: 'failed', errorCode: 'validator_hard_fail' },
      { model: 'second', outcome: 'succeeded' },
    ])
  })

  test('reports usage only where it was asked for', async () => {
    world.says('first', SHORT)
    expect((await world.chat({ model: 'pool:held', stream: true })).usage).toBeUndefined()
  })

  test('is an error like any other when nobody passes', async () => {
    world.says('first', LONG)
    world.says('second', LONG)
    const had = await world.chat({ model: 'pool:held', stream: true })
    expect(had.status).toBe(502)
    expect(had.headers.get('content-type')).toContain('application/json')
    expect(had.error).toMatchObject({ code: 'validator_hard_fail', attempts: [{}, { reasons: [TOO_LONG.reason] }] })
  })

  test('is what the SDK reads like any stream', async () => {
    world.says('first', LONG)
    world.says('second', SHORT)
    const body = {
      model: 'pool:plain',
      messages: [{ role: 'user' as const, content: 'Hi' }],
      turnout: { validate: { maxLength: 20, when: 'before' } },
    }
    const stream = world.gateway.client.chat.completions.stream(body)
    expect(await stream.finalContent()).toBe(SHORT)
    const { choices } = await stream.finalChatCompletion()
    expect(choices[0]).toMatchObject({ finish_reason: 'stop' })
  })

  test('comes of a single model too, repaired', async () => {
    world.says('first', '```json\n{"title":"t"}\n```')
    const turnout = { validate: { required: ['title'], when: 'before' } }
    const had = await world.chat({ model: 'first', stream: true, turnout })
    expect(had).toMatchObject({ status: 200, text: '{"title":"t"}', done: true })
    expect(had.headers.get('x-turnout-warnings')).toContain('code fence')
    expect(had.turnout.warnings[0]).toContain('code fence')
  })

  test('comes of a model that is told the format in words', async () => {
    world.says('first', 'Here: {"title":"t",}')
    const turnout = { validate: { required: ['title'], when: 'before' } }
    const had = await world.chat({ model: 'untold', stream: true, turnout, response_format: { type: 'json_object' } })
    expect(had).toMatchObject({ status: 200, text: '{"title":"t"}', done: true })
    expect(had.turnout.warnings).toHaveLength(2)
  })

  test('is not weakened by a request that says after', async () => {
    world.says('first', LONG)
    world.says('second', SHORT)
    const had = await world.chat({ model: 'pool:held', stream: true, turnout: { validate: { when: 'after' } } })
    expect(had.text).toBe(SHORT)
  })

  test('of the native API', async () => {
    world.says('first', LONG)
    world.says('second', SHORT)
    const had = await events({ modelId: 'pool:held' })
    expect(had).toMatchObject({ status: 200, done: true })
    expect(had.events).toMatchObject([{ content: SHORT }, { content: '', model: 'second', finishReason: 'stop' }])
    world.says('first', LONG)
    world.says('second', LONG)
    expect(await events({ modelId: 'pool:held' })).toMatchObject({
      status: 502,
      events: [{ error: { code: 'validator_hard_fail', details: { attempts: [{}, {}] } } }],
    })
  })
})

describe('after: a stream', () => {
  test.each([
    ['passes', SHORT, { passed: true, failures: [] }],
    ['fails', LONG, { passed: false, failures: [TOO_LONG] }],
  ])('that %s brings its verdict in the last chunk', async (_, text, validation) => {
    world.says('first', text)
    const had = await world.chat({ model: 'pool:told', stream: true, stream_options: { include_usage: true } })
    expect(had).toMatchObject({ status: 200, text, finish: 'stop', done: true, turnout: { validation } })
    expect(had.usage).toBeDefined()
    expect(await world.recorded(had)).toMatchObject([{ model: 'first', outcome: 'succeeded', errorCode: null }])
  })

  test('is what the SDK reads like any stream', async () => {
    world.says('first', LONG)
    const stream = await world.gateway.client.chat.completions.create({
      model: 'pool:told',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
    })
    let text = ''
    let last: object = {}
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      last = chunk
    }
    expect(text).toBe(LONG)
    expect(last).toMatchObject({ choices: [], turnout: { validation: { passed: false } } })
  })

  test('is judged by a model as well, which is paid for', async () => {
    world.says('first', 'A cat.')
    world.judges(true, 'There is a cat.')
    const had = await world.chat({ model: 'pool:toldJudged', stream: true })
    expect(had.turnout.validation).toEqual({
      passed: false,
      failures: [{ rule: 'validator', reason: 'was refused by role:validator: There is a cat.' }],
    })
    expect((await world.recorded(had)).map(({ operation }) => operation)).toEqual(['chat', 'validate'])
  })

  test('that nobody could judge has not passed', async () => {
    world.says('first', 'A cat.')
    world.says('judge', 'Fine!')
    world.says('deputy', 'Fine!')
    const { turnout, text, done } = await world.chat({ model: 'pool:toldJudged', stream: true })
    expect({ text, done }).toEqual({ text: 'A cat.', done: true })
    expect(turnout.validation).toMatchObject({ passed: false, failures: [{ rule: 'validator' }] })
  })

  test('is judged as it was sent, not as it could be repaired', async () => {
    world.says('first', '```json\n{"title":"t"}\n```')
    const validate = { required: ['title'], when: 'after' }
    const { turnout } = await world.chat({ model: 'first', stream: true, turnout: { validate } })
    expect(turnout.validation.failures).toEqual([{ rule: 'structure', reason: 'is not JSON' }])
  })

  test('of the native API', async () => {
    world.says('first', LONG)
    const had = await events({ modelId: 'first', validate: { maxLength: 20, when: 'after' } })
    expect(had).toMatchObject({ status: 200, done: true })
    expect(had.events.at(-1)).toMatchObject({ content: '', validation: { passed: false, failures: [TOO_LONG] } })
    expect(had.events.map(({ content }) => content).join('')).toBe(LONG)
  })
})

test('whole answers of the native API are held to the rules of a request and a pool', async () => {
  world.says('first', 'A cat.')
  world.judges(true, 'There is a cat.')
  world.says('second', 'A dog.')
  world.judges(false, 'No bird.')
  const { body } = await world.gateway.api('POST', '/api/generate-text', { modelId: 'pool:judged', prompt: 'Pets?' })
  expect(body.data).toMatchObject({ content: 'A dog.', model: 'second', fallbacks: 1 })
  expect(body.data.warnings).toEqual([expect.stringContaining('No bird.')])
  const given = { modelId: 'first', prompt: 'Pets?', validate: { pattern: '(a+)+' } }
  expect(await world.gateway.api('POST', '/api/generate-text', given)).toMatchObject({
    status: 400,
    body: { error: { code: 'invalid_input', message: expect.stringContaining('validate.pattern') } },
  })
})
