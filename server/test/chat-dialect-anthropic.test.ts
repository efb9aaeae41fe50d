import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'

vi.mock('../src/providers/index.ts', async (original) => {
  const { ADAPTERS } = await original<typeof import('../src/providers/index.ts')>()
  const { anthropic } = await import('../src/providers/anthropic.ts')
  return { ADAPTERS: new Map([...ADAPTERS, [anthropic.id, anthropic]]) }
})

/** One answer in Anthropic's words: a thought, a sentence, the call of a tool. */
const THOUGHT = { type: 'thinking', thinking: 'A clock would help.', signature: 'c2lnbmF0dXJl' }
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'clock', input: { zone: 'CET' } }
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5',
  content: [THOUGHT, { type: 'text', text: 'Let me look.' }, CALL],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: { input_tokens: 11, output_tokens: 6 },
}

const event = (data: { type: string }) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
const block = (index: number, content_block: object, deltas: object[]) =>
  event({ type: 'content_block_start', index, content_block } as { type: string }) +
  deltas.map((delta) => event({ type: 'content_block_delta', index, delta } as { type: string })).join('') +
  event({ type: 'content_block_stop', index } as { type: string })

const start = { ...MESSAGE, content: [], stop_reason: null, usage: { input_tokens: 11, output_tokens: 1 } }
const EVENTS =
  event({ type: 'message_start', message: start } as { type: string }) +
  block(0, { type: 'thinking', thinking: '', signature: '' }, [
    { type: 'thinking_delta', thinking: 'A clock ' },
    { type: 'thinking_delta', thinking: 'would help.' },
    { type: 'signature_delta', signature: THOUGHT.signature },
  ]) +
  block(1, { type: 'text', text: '' }, [
    { type: 'text_delta', text: 'Let me ' },
    { type: 'text_delta', text: 'look.' },
  ]) +
  block(2, { ...CALL, input: {} }, [
    { type: 'input_json_delta', partial_json: '{"zone":' },
    { type: 'input_json_delta', partial_json: '"CET"}' },
  ]) +
  event({
    type: 'message_delta',
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { output_tokens: 6 },
  } as { type: string }) +
  event({ type: 'message_stop' })

interface Asked {
  path: string | undefined
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
}

const asked: Asked[] = []
const server = createServer(async (request, response) => {
  if (request.method !== 'POST') return void response.end('{"data":[],"has_more":false}')
  const body = (await json(request)) as Record<string, unknown>
  asked.push({ path: request.url, headers: request.headers, body })
  response.writeHead(200, { 'content-type': body.stream === true ? 'text/event-stream' : 'application/json' })
  response.end(body.stream === true ? EVENTS : JSON.stringify(MESSAGE))
})

let gateway: TestGateway
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  gateway = await startGateway({
    env: { CLAUDE_CREDENTIAL: 'sk-ant-credential' },
    configuration: JSON.stringify({
      providers: { claudes: { adapter: 'anthropic', baseUrl, credential: 'env:CLAUDE_CREDENTIAL' } },
      models: [{ id: 'claude', provider: 'claudes', upstreamId: 'claude-haiku-4-5', output: ['text'] }],
      discovery: false,
      retry: { maxRetries: 0 },
    }),
  })
})
afterAll(async () => {
  await gateway.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const messages: OpenAI.ChatCompletionMessageParam[] = [
  { role: 'developer', content: 'Be brief.' },
  { role: 'user', content: 'How late is it?' },
]
const request = {
  model: 'claude',
  messages,
  reasoning_effort: 'low' as const,
  tools: [{ type: 'function' as const, function: { name: 'clock', parameters: { type: 'object', properties: {} } } }],
}

test('the official OpenAI SDK talks to Claude: streamed and whole are one answer, and it goes on', async () => {
  const whole = await gateway.client.chat.completions.create(request)
  const stream = gateway.client.chat.completions.stream({ ...request, stream_options: { include_usage: true } })
  const streamed = await stream.finalChatCompletion()
  for (const { choices, usage } of [whole, streamed]) {
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        role: 'assistant',
        content: 'Let me look.',
        tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'clock', arguments: '{"zone":"CET"}' } }],
      },
    })
    expect(usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 6, total_tokens: 17 })
  }
  expect(whole.choices[0]!.message).toHaveProperty('reasoning_content', THOUGHT.thinking)

  for (const { choices } of [whole, streamed]) {
    await gateway.client.chat.completions.create({
      ...request,
      messages: [...messages, choices[0]!.message, { role: 'tool', tool_call_id: 'toolu_1', content: '12:00' }],
    })
    expect(asked.at(-1)!.body.messages).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: MESSAGE.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1' }] },
    ])
  }
  expect(asked[0]).toMatchObject({ path: '/v1/messages', headers: { 'x-api-key': 'sk-ant-credential' } })
  expect(asked[0]!.headers).not.toHaveProperty('authorization')
})
