import { describe, expect, test } from 'vitest'
import type { Connection } from '../../core/adapter.ts'
import { huggingface } from '../huggingface.ts'
import { collect, connectTo, type Scripted } from '../testing/connection.ts'

const BASE: Partial<Connection> = { provider: 'huggingface', baseUrl: 'https://router.huggingface.co' }
const connect = (script: readonly Scripted[], more: Partial<Connection> = {}) => connectTo(script, { ...BASE, ...more })

const CALL = {
  model: 'openai/gpt-oss-20b:fastest',
  messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }],
}

describe('chat', () => {
  test('is OpenAI’s, at the router’s version', async () => {
    const body = {
      choices: [{ message: { content: 'hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 2, completion_tokens: 1 },
    }
    const connection = connect([{ body }])
    const result = await huggingface.text!.generate(CALL, connection)
    expect(result).toMatchObject({ text: 'hello', reason: 'stop', usage: { inputTokens: 2, outputTokens: 1 } })
    expect(connection.sent[0]).toMatchObject({
      url: 'https://router.huggingface.co/v1/chat/completions',
      headers: { authorization: 'Bearer secret-credential' },
    })
    expect(connection.lastJson().model).toBe('openai/gpt-oss-20b:fastest')
  })

  const ERROR = { error: 'You have exceeded your monthly included credits for Inference Providers.' }

  test('has the router’s errors', async () => {
    const answer = { status: 402, body: ERROR }
    await expect(huggingface.text!.generate(CALL, connect([answer]))).rejects.toMatchObject({ code: 'billing' })
    await expect(collect(huggingface.text!.stream(CALL, connect([answer])))).rejects.toMatchObject({ code: 'billing' })
  })

  test('and within a stream, too', async () => {
    const body = `data: ${JSON.stringify({ error: { message: 'Model x is currently loading' } })}\n\n`
    const answer = { headers: { 'content-type': 'text/event-stream' }, body }
    await expect(collect(huggingface.text!.stream(CALL, connect([answer])))).rejects.toMatchObject({
      code: 'overloaded',
    })
  })
})

describe('the door', () => {
  const { openai } = huggingface
  const connection = {
    baseUrl: 'https://router.huggingface.co/v1',
    credential: 'c',
    headers: { 'x-hf-bill-to': 'org' },
    flags: {},
  }

  test('leads to the chat alone', () => {
    expect(openai!.request('chat', connection)).toEqual({
      url: 'https://router.huggingface.co/v1/chat/completions',
      headers: { authorization: 'Bearer c', 'x-hf-bill-to': 'org' },
    })
    for (const operation of ['embeddings', 'images.generate', 'images.edit'] as const) {
      expect(() => openai!.request(operation, connection)).toThrow(
        expect.objectContaining({ code: 'capability_missing' }),
      )
    }
  })

  test('reads the router’s errors', () => {
    const body = JSON.stringify({ error: 'Model not supported by provider groq' })
    expect(openai!.error(400, {}, body, 'huggingface').code).toBe('model_not_enabled')
  })
})

describe('models', () => {
  test('are listed with the best of their providers', async () => {
    const connection = connect([
      {
        body: {
          object: 'list',
          data: [
            {
              id: 'a/b',
              architecture: { input_modalities: ['text', 'image'] },
              providers: [
                { provider: 'groq', status: 'live', context_length: 8192, supports_tools: false },
                { provider: 'novita', status: 'live', context_length: 131_072, supports_tools: true },
                { provider: 'down', status: 'error', context_length: 1_000_000, supports_tools: true },
              ],
            },
            { id: 'c/d', providers: [{ provider: 'groq', status: 'live' }] },
            { id: 'e/f' },
            { name: 'none' },
          ],
        },
      },
    ])
    expect(await huggingface.listModels!(connection)).toEqual([
      { id: 'a/b', contextTokens: 131_072, tools: true, vision: true },
      { id: 'c/d', tools: false },
      { id: 'e/f' },
    ])
    expect(connection.sent[0]!.url).toBe('https://router.huggingface.co/v1/models')
  })

  test.each(['https://edge.example/hf', 'https://edge.example/hf/v1'])('and chat are found at %s', async (baseUrl) => {
    const connection = connect([{ body: { data: [] } }], { baseUrl })
    await huggingface.listModels!(connection)
    expect(connection.sent[0]!.url).toBe('https://edge.example/hf/v1/models')
    const door = huggingface.openai!.request('chat', connection)
    expect(door.url).toBe('https://edge.example/hf/v1/chat/completions')
  })

  test('are the health probe', async () => {
    const answer = { status: 401, body: { error: 'Invalid username or password.' } }
    await expect(huggingface.listModels!(connect([answer]))).rejects.toMatchObject({ code: 'authentication' })
  })
})
