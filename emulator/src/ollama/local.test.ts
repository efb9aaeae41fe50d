import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../faults.ts'
import { emulated, user } from '../testing.ts'

const ASK = { model: 'qwen3:8b', messages: [user('Why is the sky blue?')] }

async function world(fault?: Fault) {
  const { emulator } = await emulated()
  if (fault) emulator.faults.add({ match: { provider: 'ollama' }, fault })
  const post = (path: string, body: object) =>
    fetch(`${emulator.baseUrl('ollama')}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const lines = async (body: object = ASK) => (await (await post('/api/chat', body)).text()).split('\n').filter(Boolean)
  return { emulator, post, lines }
}

interface Line {
  message: { content: string; thinking?: string; tool_calls?: { function: { name: string; arguments: object } }[] }
  done?: boolean
  eval_count?: number
  error?: string
}

describe('Ollama', () => {
  it('streams lines unless told otherwise, and both say the same', async () => {
    const { lines, post } = await world()
    const streamed = (await lines()).map((line) => JSON.parse(line) as Line)
    const whole = (await (await post('/api/chat', { ...ASK, stream: false })).json()) as Line
    expect(streamed.map((line) => line.message.content).join('')).toBe(whole.message.content)
    expect(streamed.at(-1)).toMatchObject({ done: true, done_reason: 'stop', eval_count: whole.eval_count })
    const thinking = (await lines({ ...ASK, think: true })).map((line) => JSON.parse(line) as Line)
    expect(thinking[0]?.message.thinking).toBeTruthy()
  })

  it('calls tools, conforms to schemas, lists and shows models', async () => {
    const { post, emulator } = await world()
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
    const tools = [{ type: 'function', function: { name: 'get_weather', description: 'Weather', parameters } }]
    const messages = [user('What is the weather in Paris?')]
    const called = (await (await post('/api/chat', { ...ASK, messages, tools, stream: false })).json()) as Line
    expect(called.message.tool_calls?.[0]?.function).toMatchObject({
      name: 'get_weather',
      arguments: { city: 'Paris' },
    })
    const format = { type: 'object', properties: { color: { enum: ['blue'] } }, required: ['color'] }
    const object = (await (await post('/api/chat', { ...ASK, format, stream: false })).json()) as Line
    expect(JSON.parse(object.message.content)).toEqual({ color: 'blue' })
    const { models } = (await (await fetch(`${emulator.baseUrl('ollama')}/api/tags`)).json()) as {
      models: { name: string }[]
    }
    expect(models.map(({ name }) => name)).toContain('qwen3:8b')
    expect(await (await post('/api/show', { model: 'llama3.2' })).json()).toMatchObject({
      capabilities: ['completion', 'tools'],
    })
  })

  it('refuses with a sentence', async () => {
    const { post } = await world()
    const missing = await post('/api/chat', { ...ASK, model: 'nobody' })
    expect([missing.status, await missing.json()]).toEqual([404, { error: "model 'nobody' not found" }])
    expect((await post('/api/chat', { ...ASK, model: 'llama3.2', think: true })).status).toBe(400)
    expect((await post('/api/chat', { ...ASK, max_tokens: 1 })).status).toBe(400)
  })

  it('fails line by line', async () => {
    const parses = (line: string) => {
      try {
        return typeof JSON.parse(line) === 'object'
      } catch {
        return false
      }
    }
    const failed = await (await world({ kind: 'error-event', afterChunks: 2 })).lines()
    expect([failed.length, typeof (JSON.parse(failed[2] ?? '') as Line).error]).toEqual([3, 'string'])
    const broken = await (await world({ kind: 'malformed', atChunk: 1 })).lines()
    expect(broken.flatMap((line, index) => (parses(line) ? [] : [index]))).toEqual([1])
    const endless = await (await world({ kind: 'no-finish' })).lines()
    expect(endless.join('')).not.toContain('"done":true')
    expect((await (await world({ kind: 'crlf' })).lines()).every((line) => line.endsWith('\r'))).toBe(true)
  })
})

describe('what speaks the protocol of OpenAI', () => {
  it.each(['ollama', 'lmstudio'])('%s chats with the SDK, under its own name and with its own models', async (id) => {
    const { emulator } = await emulated({ models: ['my/model'] })
    const client = new OpenAI({ apiKey: 'none', baseURL: `${emulator.baseUrl(id)}/v1`, maxRetries: 0 })
    const { data } = await client.models.list()
    expect(data.map((model) => model.id)).not.toContain('gpt-4.1')
    const chat = await client.chat.completions.create({ ...ASK, model: 'my/model' })
    expect(chat.choices[0]?.message.content).toBeTruthy()
    expect(emulator.requests().at(-1)).toMatchObject({ provider: id, operation: `${id}.chat` })
    await expect(client.chat.completions.create({ ...ASK, model: 'gpt-4.1' })).rejects.toMatchObject({ status: 404 })
  })

  it('LM Studio lists what it has, loaded or not, without a credential', async () => {
    const { emulator } = await emulated()
    const { models } = (await (await fetch(`${emulator.baseUrl('lmstudio')}/api/v1/models`)).json()) as {
      models: { key: string; type: string; loaded_instances: object[] }[]
    }
    expect(models.map(({ loaded_instances }) => loaded_instances.length)).toEqual([1, 0, 0])
    expect(models.at(-1)?.type).toBe('embedding')
  })
})
