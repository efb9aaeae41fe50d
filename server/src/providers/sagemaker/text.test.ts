import { describe, expect, test } from 'vitest'
import type { TextCall, TextPart } from '../../core/text.ts'
import { sagemaker } from '../sagemaker.ts'
import { eventFrame, exceptionFrame, KEYS } from '../shared/aws/testing.ts'
import { collect, connectTo, type Scripted } from '../testing/connection.ts'
import { inPieces } from '../testing/wire.ts'

const CALL: TextCall = {
  model: 'llm-endpoint',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
  maxTokens: 9,
}

const connect = (answer: Scripted, settings = {}) =>
  connectTo([{ ...answer, headers: { 'x-amzn-requestid': 'r-1', ...answer.headers } }], {
    provider: 'sagemaker',
    baseUrl: 'https://runtime.sagemaker.eu-west-1.amazonaws.com',
    credential: KEYS,
    region: 'eu-west-1',
    settings,
    headers: { 'x-extra': '1' },
  })

const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`

const SSE = [
  chunk({ role: 'assistant', content: 'hé' }),
  chunk({ content: 'llo' }),
  chunk({}, 'stop'),
  'data: {"object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n',
  'data: [DONE]\n\n',
].join('')

/** The container's bytes in events of SageMaker's, cut anywhere. */
const packed = (text: string, longest: number): Buffer =>
  Buffer.concat([...inPieces(Buffer.from(text), longest)].map((piece) => eventFrame('PayloadPart', piece)))

const textOf = (parts: TextPart[]) => parts.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')

describe('text', () => {
  test('whole', async () => {
    const body = {
      choices: [{ message: { content: 'hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    }
    const connection = connect({ body }, { route: '/v1/chat/completions', model: 'qwen', inferenceComponent: 'c1' })
    const result = await sagemaker.text!.generate(CALL, connection)
    const { url, headers } = connection.sent[0]!
    expect(url).toBe('https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/llm-endpoint/invocations')
    expect(headers).toMatchObject({
      'x-amzn-sagemaker-custom-attributes': 'route=/v1/chat/completions',
      'x-amzn-sagemaker-inference-component': 'c1',
      'x-extra': '1',
    })
    expect(headers!.authorization).toContain('x-extra')
    expect(connection.lastJson()).toMatchObject({ model: 'qwen', max_tokens: 9 })
    expect(result).toMatchObject({
      text: 'hello',
      reason: 'stop',
      usage: { inputTokens: 3, outputTokens: 2 },
      upstreamRequestId: 'r-1',
    })
  })

  test.each([1, 2, 7, 10_000])('streamed, packed and cut in pieces of up to %i bytes', async (longest) => {
    const connection = connect({ body: inPieces(packed(SSE, longest), longest * 3) })
    const parts = await collect(sagemaker.text!.stream(CALL, connection))
    expect(connection.sent[0]!.url).toMatch(/\/endpoints\/llm-endpoint\/invocations-response-stream$/)
    expect(connection.lastJson()).toMatchObject({ stream: true, model: '' })
    expect(textOf(parts)).toBe('héllo')
    expect(parts.at(-1)).toMatchObject({
      type: 'finish',
      reason: 'stop',
      usage: { inputTokens: 3, outputTokens: 2 },
      upstreamRequestId: 'r-1',
    })
  })

  test.each([
    ['ModelStreamError', { ErrorCode: 'ModelInvocationTimeExceeded', Message: 'too slow' }, 'timeout'],
    ['ModelStreamError', { ErrorCode: 'StreamBroken', Message: 'broken' }, 'upstream_error'],
    ['InternalStreamFailure', { Message: 'broken' }, 'upstream_error'],
  ])('a stream that breaks off with %s %j is a %s', async (name, body, code) => {
    const bytes = Buffer.concat([packed(chunk({ content: 'a' }), 50), exceptionFrame(name, body)])
    const asked = collect(sagemaker.text!.stream(CALL, connect({ body: bytes })))
    await expect(asked).rejects.toMatchObject({ code, upstreamCode: name, upstreamRequestId: 'r-1' })
  })

  test('a stream that ends early is no answer', async () => {
    const asked = collect(sagemaker.text!.stream(CALL, connect({ body: packed(chunk({ content: 'a' }), 50) })))
    await expect(asked).rejects.toMatchObject({ code: 'invalid_output', upstreamRequestId: 'r-1' })
  })

  test('a failure of the endpoint is told as it is', async () => {
    const answer: Scripted = {
      status: 424,
      headers: { 'x-amzn-errortype': 'ModelError' },
      body: { OriginalStatusCode: 400, OriginalMessage: '{"object":"error","message":"too long"}', Message: 'm' },
    }
    const error = { code: 'invalid_input', message: 'sagemaker: the container answered 400: too long' }
    await expect(sagemaker.text!.generate(CALL, connect(answer))).rejects.toMatchObject(error)
    await expect(collect(sagemaker.text!.stream(CALL, connect(answer)))).rejects.toMatchObject(error)
  })
})
