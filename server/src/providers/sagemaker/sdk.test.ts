import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Connection } from '../../core/adapter.ts'
import { createTransport } from '../../gateway/transport.ts'
import { OriginPools } from '../../lib/http/pools.ts'
import { sagemaker } from '../sagemaker.ts'
import { essence, Recorder } from '../shared/aws/recorder.ts'
import { eventFrame } from '../shared/aws/testing.ts'
import { collect, connectTo } from '../testing/connection.ts'

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' }

const recorder = new Recorder(1)
const pools = new OriginPools()
let sdk: SageMakerRuntimeClient
let connection: Connection

beforeAll(async () => {
  const endpoint = await recorder.listen()
  sdk = new SageMakerRuntimeClient({ region: 'eu-west-1', endpoint, credentials: CREDENTIALS })
  connection = connectTo([], {
    baseUrl: endpoint,
    credential: Object.values(CREDENTIALS).join(':'),
    region: 'eu-west-1',
    transport: createTransport(pools, 'sagemaker', { connectMs: 5_000, maxConnections: 4 }),
  })
})

beforeEach(() => {
  recorder.asked.length = 0
})

afterAll(async () => {
  sdk.destroy()
  await pools.destroy()
  await recorder.close()
})

const agree = () => {
  const [theirs, ours] = recorder.asked
  expect(recorder.asked).toHaveLength(2)
  expect(essence(ours!)).toEqual(essence(theirs!))
  expect(essence(ours!).isHashed).toBe(true)
}

describe("AWS's SDK asks for the same by the same request", () => {
  test('InvokeEndpoint', async () => {
    recorder.answer = { body: JSON.stringify({ data: [{ b64_json: 'AAAA' }] }) }
    const settings = { customAttributes: 'a=b', targetVariant: 'blue', inferenceComponent: 'c1', sessionId: 's1' }
    const body = { prompt: 'a ☃', n: 1, seed: 4, response_format: 'b64_json' }
    await sdk.send(
      new InvokeEndpointCommand({
        EndpointName: 'qwen-image',
        Body: JSON.stringify(body),
        ContentType: 'application/json',
        CustomAttributes: 'route=/v1/images/generations,a=b',
        TargetVariant: 'blue',
        InferenceComponentName: 'c1',
        SessionId: 's1',
      }),
    )
    const call = { model: 'qwen-image', prompt: 'a ☃', count: 1, seed: 4 }
    await sagemaker.image!.start(call, { ...connection, settings })
    agree()
  })

  test('InvokeEndpointAsync', async () => {
    const headers = { 'x-amzn-sagemaker-outputlocation': 's3://results/a' }
    recorder.answer = { headers, body: JSON.stringify({ InferenceId: 'i-1' }) }
    const settings = {
      contentType: 'application/json',
      requestTtlSeconds: 60,
      invocationTimeoutSeconds: 900,
      outputPathExtension: 'x',
    }
    const answer = await sdk.send(
      new InvokeEndpointAsyncCommand({
        EndpointName: 'wan',
        Body: JSON.stringify({ prompt: 'a fox', seed: 1 }),
        ContentType: 'application/json',
        CustomAttributes: 'route=/v1/videos/sync',
        RequestTTLSeconds: 60,
        InvocationTimeoutSeconds: 900,
        S3OutputPathExtension: 'x',
      }),
    )
    const call = { model: 'wan', prompt: 'a fox', seed: 1 }
    const outcome = await sagemaker.video!.start(call, { ...connection, settings })
    agree()
    expect(outcome).toMatchObject({ operation: { output: answer.OutputLocation, inferenceId: answer.InferenceId } })
  })

  test('InvokeEndpointWithResponseStream', async () => {
    const finish =
      '{"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}'
    recorder.answer = {
      headers: { 'content-type': 'application/vnd.amazon.eventstream' },
      body: eventFrame('PayloadPart', Buffer.from(`data: ${finish}\n\ndata: [DONE]\n\n`)),
    }
    const messages = [{ role: 'user', content: 'hi' }]
    const body = { model: 'm', messages, stream: true, stream_options: { include_usage: true } }
    const { Body } = await sdk.send(
      new InvokeEndpointWithResponseStreamCommand({
        EndpointName: 'llm',
        Body: JSON.stringify(body),
        ContentType: 'application/json',
        Accept: 'text/event-stream',
      }),
    )
    let bytes = ''
    for await (const { PayloadPart } of Body!) bytes += Buffer.from(PayloadPart!.Bytes!).toString()
    expect(bytes).toContain('"hi"')
    const call = {
      model: 'llm',
      messages: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }],
    }
    const settings = { model: 'm', accept: 'text/event-stream' }
    const parts = await collect(sagemaker.text!.stream(call, { ...connection, settings }))
    agree()
    expect(parts[0]).toEqual({ type: 'text-delta', text: 'hi' })
  })
})
