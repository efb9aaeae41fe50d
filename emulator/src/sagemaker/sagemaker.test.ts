import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto'
import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime'
import { SignatureV4 } from '@smithy/signature-v4'
import { describe, expect, it } from 'vitest'
import { probePicture } from '../picture/probe.ts'
import type { EmulatorOptions } from '../server.ts'
import { emulated } from '../testing.ts'

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const ROUTE = { images: 'route=/v1/images/generations', videos: 'route=/v1/videos/sync' }

class Sha256 {
  readonly #hash: Hash | Hmac
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string)
  }
  update(data: Uint8Array): void {
    this.#hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
}

async function world(options: EmulatorOptions = {}) {
  const { emulator } = await emulated({ awsSecret: CREDENTIALS.secretAccessKey, ...options })
  const endpoint = emulator.baseUrl('sagemaker')
  const client = new SageMakerRuntimeClient({ region: 'eu-west-1', endpoint, credentials: CREDENTIALS, maxAttempts: 1 })
  const signer = new SignatureV4({
    service: 's3',
    region: 'eu-west-1',
    credentials: CREDENTIALS,
    sha256: Sha256,
    uriEscapePath: false,
  })
  /** A signed request for `s3://bucket/key`. */
  const s3 = async (uri: string, method = 'GET', body?: string) => {
    const url = new URL(uri.replace('s3://', `${emulator.baseUrl('s3')}/`))
    const headers = {
      host: url.host,
      'x-amz-content-sha256': createHash('sha256')
        .update(body ?? '')
        .digest('hex'),
    }
    const request = {
      method,
      protocol: 'http:',
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      headers,
      query: {},
      body,
    }
    const signed = await signer.sign(request)
    return fetch(url, { method, headers: signed.headers, body: body ?? null })
  }
  return { emulator, client, s3 }
}

const json = { EndpointName: 'qwen-image', ContentType: 'application/json' }

describe('the official SDK', () => {
  it('invokes an image route, a plain container and a chat', async () => {
    const { client, emulator } = await world()
    const drawn = await client.send(
      new InvokeEndpointCommand({
        ...json,
        CustomAttributes: ROUTE.images,
        Body: JSON.stringify({ prompt: 'A fox', size: '256x256', n: 2 }),
      }),
    )
    const { data } = JSON.parse(drawn.Body.transformToString()) as { data: { b64_json: string }[] }
    expect(probePicture(Buffer.from(data[1]?.b64_json ?? '', 'base64'))).toMatchObject({ width: 256, height: 256 })
    expect([drawn.InvokedProductionVariant, drawn.CustomAttributes]).toEqual(['AllTraffic', ROUTE.images])
    const bytes = await client.send(
      new InvokeEndpointCommand({
        ...json,
        Accept: 'image/png',
        Body: JSON.stringify({ inputs: 'A fox', parameters: { width: 64, height: 64 } }),
      }),
    )
    expect([bytes.ContentType, probePicture(Buffer.from(bytes.Body))?.width]).toEqual(['image/png', 64])
    const messages = [{ role: 'user', content: 'Why is the sky blue?' }]
    const chat = await client.send(
      new InvokeEndpointCommand({ ...json, EndpointName: 'llm', Body: JSON.stringify({ messages }) }),
    )
    const whole = (JSON.parse(chat.Body.transformToString()) as { choices: { message: { content: string } }[] })
      .choices[0]?.message.content
    const streamed = await client.send(
      new InvokeEndpointWithResponseStreamCommand({
        ...json,
        EndpointName: 'llm',
        Body: JSON.stringify({ messages, stream: true }),
      }),
    )
    let text = ''
    for await (const part of streamed.Body ?? []) text += Buffer.from(part.PayloadPart?.Bytes ?? []).toString()
    const deltas = text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)).choices[0]?.delta.content ?? '')
    expect(deltas.join('')).toBe(whole)
    expect(emulator.bill().models['qwen-image']?.images).toBe(3)
  })

  it('finds the results of asynchronous calls in S3', async () => {
    const { client, s3, emulator } = await world({ pendingPolls: 1 })
    const submit = (body: object) =>
      client.send(
        new InvokeEndpointAsyncCommand({
          EndpointName: 'wan',
          ContentType: 'application/json',
          CustomAttributes: ROUTE.videos,
          Body: JSON.stringify(body),
        }),
      )
    const good = await submit({ prompt: 'A fox', seconds: 4 })
    const output = good.OutputLocation ?? ''
    expect((await s3(output)).status).toBe(404)
    expect((await s3(good.FailureLocation ?? '')).status).toBe(404)
    const ready = await s3(output)
    expect([ready.status, ready.headers.get('content-type')]).toEqual([200, 'video/mp4'])
    expect((await s3(output, 'HEAD')).status).toBe(200)
    const bad = await submit({ seconds: 4 })
    await s3(bad.OutputLocation ?? '')
    expect((await s3(bad.OutputLocation ?? '')).status).toBe(404)
    expect(await (await s3(bad.FailureLocation ?? '')).text()).toContain('Field required')
    expect(emulator.bill().models.wan).toMatchObject({ calls: 1, seconds: 4 })
    expect((await fetch(output.replace('s3://', `${emulator.baseUrl('s3')}/`))).status).toBe(403)
  })

  it('takes the input of an asynchronous call from S3, and fails or is late on order', async () => {
    const { client, s3, emulator } = await world({ pendingPolls: 0 })
    const location = 's3://my-inputs/a b/c.json'
    expect((await s3(location, 'PUT', JSON.stringify({ prompt: 'A fox', size: '64x64' }))).status).toBe(200)
    const submit = () =>
      client.send(
        new InvokeEndpointAsyncCommand({
          EndpointName: 'qwen-image',
          InputLocation: location,
          ContentType: 'application/json',
          CustomAttributes: ROUTE.images,
        }),
      )
    expect(await (await s3((await submit()).OutputLocation ?? '')).text()).toContain('b64_json')
    emulator.faults.add({ fault: { kind: 'failed-task' } })
    const failed = await submit()
    expect((await s3(failed.OutputLocation ?? '')).status).toBe(404)
    expect((await s3(failed.FailureLocation ?? '')).status).toBe(200)
    emulator.faults.add({ fault: { kind: 'late-success', polls: 1 } })
    const late = await submit()
    expect((await s3(late.OutputLocation ?? '')).status).toBe(404)
    expect((await s3(late.OutputLocation ?? '')).status).toBe(200)
  })

  it("wraps the container's errors and names its own", async () => {
    const { client, emulator } = await world()
    const invoke = (body: string, more = {}) => client.send(new InvokeEndpointCommand({ ...json, Body: body, ...more }))
    const refused = invoke('{"size":"x"}', { CustomAttributes: ROUTE.images })
    await expect(refused).rejects.toMatchObject({ name: 'ModelError', OriginalStatusCode: 422 })
    await expect(invoke('{}', { CustomAttributes: 'route=/v2' })).rejects.toMatchObject({ OriginalStatusCode: 404 })
    await expect(invoke('x'.repeat(6_291_457))).rejects.toMatchObject({ name: 'ValidationError' })
    emulator.faults.add({ fault: { kind: 'status', status: 429 } })
    await expect(invoke('{"inputs":"x"}')).rejects.toMatchObject({ name: 'ModelNotReadyException' })
    emulator.faults.add({ fault: { kind: 'error-event', afterChunks: 1 } })
    const Body = JSON.stringify({ messages: [{ role: 'user', content: 'x' }], stream: true })
    const { Body: parts } = await client.send(new InvokeEndpointWithResponseStreamCommand({ ...json, Body }))
    const read = async () => {
      for await (const _part of parts ?? []);
    }
    await expect(read()).rejects.toMatchObject({ name: 'ModelStreamError' })
  })
})
