import { createHash, createHmac } from 'node:crypto'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { at, expectLeakSeen, fetched, plainPicture, send } from '../media/testing.ts'
import { probePicture } from '../picture/probe.ts'
import type { EmulatorOptions } from '../server.ts'
import { emulated, user } from '../testing.ts'
import type { JsonObject } from '../types.ts'
import { readSignature, sign } from './signature.ts'

const SECRET_ID = 'AKIDexample'
const SECRET = 'secret-key-example'
const BEARER = { authorization: 'Bearer sk-test' }
const BARE = { authorization: 'sk-test' }

interface Signing {
  secret?: string
  service?: string
  version?: string
  /** Seconds away from now. */
  skew?: number
}

/** Headers of a call signed as the documentation of signature method v3 describes it. */
function signed(action: string, host: string, body: string, given: Signing = {}): Record<string, string> {
  const { secret = SECRET, service = 'hunyuan', version = '2023-09-01', skew = 0 } = given
  const timestamp = String(Math.floor(Date.now() / 1000) + skew)
  const day = new Date(Number(timestamp) * 1000).toISOString().slice(0, 10)
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const headers = `content-type:application/json\nhost:${host}\nx-tc-action:${action.toLowerCase()}\n`
  const names = 'content-type;host;x-tc-action'
  const request = `POST\n/\n\n${headers}\n${names}\n${hash(body)}`
  const scope = `${day}/${service}/tc3_request`
  const key = mac(mac(mac(`TC3${secret}`, day), service), 'tc3_request')
  const signature = mac(key, `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${hash(request)}`).toString('hex')
  return {
    authorization: `TC3-HMAC-SHA256 Credential=${SECRET_ID}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    'x-tc-action': action,
    'x-tc-version': version,
    'x-tc-region': 'ap-guangzhou',
    'x-tc-timestamp': timestamp,
  }
}

async function world(options: EmulatorOptions = {}) {
  const { emulator } = await emulated(options)
  const base = emulator.baseUrl('hunyuan')
  const call = async (action: string, body: JsonObject, signing: Signing = {}, path = '/') => {
    const headers = signed(action, new URL(base).host, JSON.stringify(body), signing)
    const { status, json } = await send(`${base}${path}`, headers, body)
    expect([status, typeof at(json, 'Response', 'RequestId')]).toEqual([200, 'string'])
    return json.Response as JsonObject
  }
  const post = (path: string, body: JsonObject, headers: Record<string, string>) =>
    send(`${base}${path}`, headers, body)
  return { emulator, base, call, post }
}

const AIART = { service: 'aiart', version: '2022-12-29' }

describe('Hunyuan: the signature', () => {
  it('is that of the documentation’s example', () => {
    const payload = '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}'
    const knock = {
      method: 'POST',
      url: '/',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        host: 'cvm.tencentcloudapi.com',
        'x-tc-action': 'DescribeInstances',
        'x-tc-timestamp': '1551113065',
      },
      body: Buffer.from(payload),
    }
    const scope = '2019-02-25/cvm/tc3_request'
    const signature = (secret: string, expected: string) => {
      const header = `TC3-HMAC-SHA256 Credential=AKIDexample/${scope}, SignedHeaders=content-type;host;x-tc-action, Signature=${expected}`
      const parts = readSignature(header)
      return parts && sign(knock, parts, secret)
    }
    // The page masks its key, and signs with the mask: all of it, and in an earlier revision its end.
    const today = '10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f'
    expect(signature('*'.repeat(32), today)).toBe(today)
    const earlier = 'be4f67d323c78ab9acb7395e43c0dbcf822a9cfac32fea2449a7bc7726b770a3'
    expect(signature('Gu5t9xGARNpq86cd98joQYCN3*******', earlier)).toBe(earlier)
  })

  it('is verified where the secret is known, and its form everywhere', async () => {
    const { call, base } = await world({ awsSecret: SECRET, credentials: [SECRET_ID] })
    const code = async (...given: Parameters<typeof call>) => at(await call(...given), 'Error', 'Code')
    const job = { Prompt: 'A fox' }
    expect(await code('SubmitHunyuanImageJob', job)).toBeUndefined()
    expect(await code('SubmitHunyuanImageJob', job, {}, '')).toBeUndefined()
    expect(await code('SubmitHunyuanImageJob', job, { secret: 'other' })).toBe('AuthFailure.SignatureFailure')
    expect(await code('SubmitHunyuanImageJob', job, { skew: -600 })).toBe('AuthFailure.SignatureExpire')
    expect(await code('SubmitHunyuanImageJob', job, { service: 'cvm' })).toBe('AuthFailure.SignatureFailure')
    expect(await code('SubmitHunyuanImageJob', job, AIART)).toBe('NoSuchVersion')
    expect(await code('SubmitTextToImageJob', job, { version: AIART.version })).toBe('AuthFailure.SignatureFailure')
    expect(await code('DrawMe', job)).toBe('InvalidAction')
    const bare = await send(`${base}/`, BEARER, job)
    expect([bare.status, at(bare.json, 'Response', 'Error', 'Code')]).toEqual([200, 'AuthFailure.InvalidAuthorization'])
  })

  it('needs a known id', async () => {
    const { call } = await world({ credentials: ['another'] })
    expect(at(await call('TextToImageLite', { Prompt: 'x' }), 'Error', 'Code')).toBe('AuthFailure.SecretIdNotFound')
  })
})

describe('Hunyuan: the signed API', () => {
  it('draws in jobs', async () => {
    const { call, emulator } = await world({ pendingPolls: 2 })
    const job = await call('SubmitHunyuanImageJob', { Prompt: 'A fox', Resolution: '768:1024', Num: 2, Revise: 0 })
    const query = () => call('QueryHunyuanImageJob', { JobId: job.JobId })
    expect([(await query()).JobStatusCode, (await query()).JobStatusCode]).toEqual(['1', '2'])
    const done = await query()
    expect(done).toMatchObject({ JobStatusCode: '5', JobErrorCode: '', ResultDetails: ['Success', 'Success'] })
    const url = at(done, 'ResultImage', 1)
    expect(await fetched(url)).toEqual({ status: 200, type: 'image/png', size: '768x1024' })
    expect(emulator.bill().models['hunyuan-image']).toMatchObject({ calls: 1, images: 2 })
    await expectLeakSeen(emulator, url, BARE)
  })

  it('draws at once, and with HY-Image 3.0', async () => {
    const { call } = await world({ pendingPolls: 0 })
    const lite = await call('TextToImageLite', { Prompt: 'A fox', Resolution: '768:768' })
    expect(probePicture(Buffer.from(String(lite.ResultImage), 'base64'))?.width).toBe(768)
    const linked = await call('TextToImageLite', { Prompt: 'A fox', Resolution: '1080:1920', RspImgType: 'url' })
    expect((await fetched(linked.ResultImage)).size).toBe('1080x1920')
    const image = (await plainPicture(64)).toString('base64')
    const job = await call('SubmitTextToImageJob', { Prompt: 'x', Resolution: '512:768', Images: [image] }, AIART)
    expect((await call('QueryTextToImageJob', { JobId: job.JobId }, AIART)).JobStatusCode).toBe('5')
  })

  const cases: [string, string, JsonObject, string][] = [
    ['no prompt', 'SubmitHunyuanImageJob', {}, 'MissingParameter'],
    ['a long prompt', 'TextToImageLite', { Prompt: 'x'.repeat(257) }, 'InvalidParameterValue'],
    ['another resolution', 'SubmitHunyuanImageJob', { Prompt: 'x', Resolution: '1080:1920' }, 'InvalidParameterValue'],
    ['too many', 'SubmitHunyuanImageJob', { Prompt: 'x', Num: 5 }, 'InvalidParameterValue'],
    ['a number as text', 'SubmitHunyuanImageJob', { Prompt: 'x', Num: '2' }, 'InvalidParameter'],
    ['an unknown parameter', 'SubmitHunyuanImageJob', { Prompt: 'x', Steps: 3 }, 'UnknownParameter'],
    [
      'a broken picture',
      'SubmitHunyuanImageJob',
      { Prompt: 'x', ContentImage: { ImageBase64: 'AAAA' } },
      'FailedOperation.ImageDecodeFailed',
    ],
    ['an unknown job', 'QueryHunyuanImageJob', { JobId: 'nothing' }, 'FailedOperation.JobNotExist'],
  ]

  it.each(cases)('refuses %s with a 200', async (_name, action, body, code) => {
    const { call, emulator } = await world()
    expect(at(await call(action, body), 'Error')).toMatchObject({ Code: code, Message: expect.any(String) })
    expect(emulator.bill().calls).toBe(0)
  })
})

describe('Hunyuan: credentials', () => {
  it('chats with the OpenAI SDK', async () => {
    const { base } = await world()
    const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${base}/v1`, maxRetries: 0 })
    const ask = { model: 'hunyuan-turbos-latest', messages: [user('Why is the sky blue?')] }
    const whole = await client.chat.completions.create(ask)
    let text = ''
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
      text += chunk.choices[0]?.delta.content ?? ''
    }
    expect(text).toBe(whole.choices[0]?.message.content)
    await expect(client.chat.completions.create({ ...ask, model: 'x' })).rejects.toMatchObject({ status: 404 })
  })

  it('draws at once with a bearer, and in jobs with the bare credential', async () => {
    const { post, emulator } = await world({ credentials: ['sk-test'] })
    const lite = await post(
      '/v1/api/image/lite',
      { model: 'hy-image-lite', prompt: 'A fox', rsp_img_type: 'url' },
      BEARER,
    )
    expect(lite.json).toMatchObject({ created: expect.any(Number), request_id: expect.any(String) })
    expect((await fetched(at(lite.json, 'data', 0, 'url'))).size).toBe('1024x1024')
    const body = {
      model: 'HY-Image-V3.0',
      prompt: 'A fox',
      size: '512:768',
      extra_body: { seed: 7, revise: 0, logo_add: 0 },
    }
    const { json } = await post('/v1/aiart/submit', body, BARE)
    const query = async () => (await post('/v1/aiart/query', { job_id: json.job_id }, BARE)).json
    expect((await query()).status).toBe('2')
    const done = await query()
    expect([done.status, (await fetched(at(done, 'data', 0, 'url'))).size]).toEqual(['5', '512x768'])
    expect((await post('/v1/aiart/submit', body, BEARER)).json).toMatchObject({ error: { code: 'invalid_api_key' } })
    expect((await post('/v1/api/image/lite', {}, BARE)).status).toBe(401)
    expect(emulator.bill()).toMatchObject({ calls: 2, images: 2 })
  })

  it('refuses what the endpoints do not take', async () => {
    const { post } = await world()
    const told = async (path: string, body: JsonObject, headers: Record<string, string>) => {
      const { status, json } = await post(path, body, headers)
      return [status, String(at(json, 'error', 'message'))]
    }
    const job = { model: 'HY-Image-V3.0', prompt: 'x' }
    expect(await told('/v1/aiart/submit', { ...job, size: '1024x1024' }, BARE)).toEqual([
      400,
      expect.stringContaining('size'),
    ])
    expect(await told('/v1/aiart/submit', { ...job, size: '2048:2048' }, BARE)).toEqual([
      400,
      expect.stringContaining('size'),
    ])
    expect(await told('/v1/aiart/submit', { ...job, seed: 1 }, BARE)).toEqual([400, expect.stringContaining('seed')])
    expect(await told('/v1/aiart/query', { job_id: 'x' }, BARE)).toEqual([404, expect.any(String)])
    expect(await told('/v1/api/image/lite', { model: 'x', prompt: 'x' }, BEARER)).toEqual([
      400,
      expect.stringContaining('model'),
    ])
  })
})

describe('Hunyuan: faults', () => {
  it('moderates, fails, is late, expires', async () => {
    const { call, post, emulator } = await world({ pendingPolls: 0 })
    const order = (fault: Parameters<typeof emulator.faults.add>[0]['fault']) =>
      emulator.faults.add({ match: { provider: 'hunyuan' }, fault })
    const finish = async () => {
      const job = await call('SubmitHunyuanImageJob', { Prompt: 'x' })
      return call('QueryHunyuanImageJob', { JobId: job.JobId })
    }
    order({ kind: 'moderated' })
    expect(await finish()).toMatchObject({ JobStatusCode: '4', JobErrorCode: 'OperationDenied.ImageIllegalDetected' })
    order({ kind: 'moderated' })
    expect(at(await call('TextToImageLite', { Prompt: 'x' }), 'Error', 'Code')).toBe(
      'OperationDenied.TextIllegalDetected',
    )
    order({ kind: 'failed-task' })
    const { json } = await post('/v1/aiart/submit', { model: 'HY-Image-V3.0', prompt: 'x' }, BARE)
    const failed = await post('/v1/aiart/query', { job_id: json.job_id }, BARE)
    expect(failed.json).toMatchObject({ status: '4', data: [], error: { code: 'FailedOperation.InnerError' } })
    expect(emulator.bill().calls).toBe(0)
    order({ kind: 'late-success', polls: 1 })
    expect((await finish()).JobStatusCode).toBe('2')
    order({ kind: 'expired-result' })
    expect((await fetched(at(await finish(), 'ResultImage', 0))).status).toBe(404)
    order({ kind: 'error-event', afterChunks: 0 })
    expect(at(await call('TextToImageLite', { Prompt: 'x' }), 'Error', 'Code')).toBe('InternalError')
  })
})
