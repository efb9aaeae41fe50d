import type { Comparison, Job } from '@turnout/contract'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type JobWorld, jobWorld, waitFor } from './world.ts'

const CONFIGURATION = `
pools:
  writers: { members: [gpt-5.4-mini] }
roles:
  prompt_enhancer: { pool: writers }
`

let world: JobWorld
beforeAll(async () => {
  world = await jobWorld({ configuration: CONFIGURATION, doubles: { pendingPolls: 0 } })
})
afterAll(() => world.close())
afterEach(() => world.emulator.reset())

const post = (path: string, body: object, headers = {}) => world.gateway.api('POST', path, body, undefined, headers)

const done = (id: string): Promise<Comparison> =>
  waitFor(async () => {
    const { body } = await world.gateway.api('GET', `/api/compare/${id}`)
    expect(body.data.done).toBe(true)
    return body.data
  })

describe('a comparison', () => {
  it('gives each model a job of its own, settled by itself, and names those that cannot take part', async () => {
    world.emulator.faults.add({ match: { provider: 'fal' }, fault: { kind: 'status', status: 401 } })
    const models = ['flux-2-pro', 'flux-dev', 'dall-e-3', 'gpt-5.4-mini', 'no-such-model']
    const { status, body } = await post('/api/compare', { prompt: 'A red door', models })
    expect(status).toBe(202)
    expect(body.data.leftOut.map(({ model, code }: { model: string; code: string }) => [model, code])).toEqual([
      ['dall-e-3', 'model_retired'],
      ['gpt-5.4-mini', 'capability_missing'],
      ['no-such-model', 'model_not_found'],
    ])
    const set = await done(body.data.id)
    expect(set.jobs.map(({ deployment, state }) => [deployment, state])).toEqual([
      ['flux-2-pro', 'succeeded'],
      ['flux-dev', 'failed'],
    ])
    expect(set).toMatchObject({ progress: 1, cost: '0.03', counts: { succeeded: 1, failed: 1 } })
  })

  it('compares texts as well, and asks all models that can', async () => {
    const { body } = await post('/api/compare', {
      prompt: 'Say hello',
      kind: 'text',
      models: ['gpt-5.4-mini', 'pool:writers'],
    })
    const set = await done(body.data.id)
    expect(set.jobs.map(({ text, error }) => error ?? typeof text)).toEqual(['string', 'string'])
    expect(Number(set.cost)).toBeGreaterThan(0)
    const all = await post('/api/compare', { prompt: 'A red door', models: 'all', kind: 'video' })
    expect(all.body.data.jobs.length).toBeGreaterThan(0)
    expect(all.body.data.jobs.every(({ kind }: { kind: string }) => kind === 'video')).toBe(true)
  })

  it('takes a prompt of any characters', async () => {
    const { status, body } = await post('/api/compare', { prompt: 'a\0b', models: ['flux-2-pro'] })
    expect([status, body.data.jobs[0].inputs.prompt, body.data.prompt]).toEqual([202, 'a\0b', 'a\uFFFDb'])
  })

  it('is refused where nobody can take part, with all reasons, before anything is spent', async () => {
    const { status, body } = await post('/api/compare', { prompt: 'x', models: ['gpt-5.4-mini'], enhance: true })
    expect([status, body.error.code]).toEqual([400, 'capability_missing'])
    expect(JSON.stringify(body.error.details)).toContain('gpt-5.4-mini')
    expect(world.emulator.requests()).toEqual([])
  })

  it('is the same one under the same Idempotency-Key, and keeps both prompts', async () => {
    const ask = { prompt: 'a door', models: ['flux-2-pro', 'flux-dev'], enhance: true }
    const order = (body: object) => post('/api/compare', body, { 'idempotency-key': 'compare-1' })
    const [first, again] = [await order(ask), await order(ask)]
    expect([again.status, again.body.data.id]).toEqual([202, first.body.data.id])
    expect((await order({ ...ask, models: ['flux-2-pro'] })).status).toBe(409)
    const { jobs, prompt } = await done(first.body.data.id)
    expect(prompt).not.toBe('a door')
    expect(jobs.map(({ inputs, originalPrompt }) => [inputs.prompt, originalPrompt])).toEqual([
      [prompt, 'a door'],
      [prompt, 'a door'],
    ])
    expect(world.generations()).toBe(3)
  })
})

describe('an enhanced prompt', () => {
  it('is told beside the original, with what it cost', async () => {
    const { status, body } = await post('/api/enhance', { prompt: 'a door', modality: 'image', style: 'watercolour' })
    expect(status).toBe(200)
    expect(body.data).toMatchObject({ original: 'a door', enhanced: true, model: 'gpt-5.4-mini' })
    expect(body.data.prompt).not.toBe('a door')
    expect(Number(body.data.cost)).toBeGreaterThan(0)
    const sent = world.emulator.requests().find(({ body }) => JSON.stringify(body)?.includes('messages'))!.body as {
      messages: { content: string }[]
    }
    expect(sent.messages[0]!.content).toContain('watercolour')
  })

  it('comes before the generation, once, and both prompts are kept', async () => {
    const headers = { 'idempotency-key': 'enhanced-1' }
    const ask = { model: 'flux-2-pro', inputs: { prompt: 'a door' }, enhance: true }
    const { body } = await world.order(ask, { headers })
    expect(body.data).toMatchObject({ state: 'succeeded', originalPrompt: 'a door' })
    expect(body.data.inputs.prompt).not.toBe('a door')
    const before = world.emulator.requests().length
    const again = await world.order(ask, { headers })
    expect(again.body.jobId).toBe(body.jobId)
    expect(world.emulator.requests()).toHaveLength(before)
  })

  it('comes before those of a batch that ask for it', async () => {
    const jobs = [true, false].map((enhance) => ({ model: 'flux-2-pro', inputs: { prompt: 'a door' }, enhance }))
    const { body } = await post('/api/jobs/batch', { jobs })
    expect(body.data.jobs.map(({ originalPrompt }: Job) => originalPrompt)).toEqual(['a door', null])
    expect(body.data.jobs.map(({ inputs }: Job) => inputs.prompt === 'a door')).toEqual([false, true])
  })

  it('that cannot be had leaves the original, which is reported', async () => {
    world.emulator.faults.add({ match: { operation: 'chat' }, fault: { kind: 'status', status: 500 }, times: 9 })
    const { body } = await world.order({ model: 'flux-2-pro', inputs: { prompt: 'a door' }, enhance: true })
    expect(body.data).toMatchObject({ state: 'succeeded', originalPrompt: null, inputs: { prompt: 'a door' } })
    expect(body.data.warnings.join(' ')).toContain('The prompt was not enhanced')
  })
})
