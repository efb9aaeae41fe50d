import { afterEach, describe, expect, test, vi } from 'vitest'
import { connectTo } from '../../testing/connection.ts'
import { BEDROCK, callAws, SAGEMAKER } from './call.ts'
import { accessOf } from './credentials.ts'
import { s3Error } from './s3.ts'
import { KEYS } from './testing.ts'

afterEach(() => vi.unstubAllEnvs())

const ask = (service: typeof BEDROCK, connection: ReturnType<typeof connectTo>) =>
  callAws(service, { method: 'GET', url: 'https://aws.example/x', headers: {} }, connection, s3Error)

describe('the credential of an AWS connection', () => {
  test.each([
    ['AKID:secret/+=', { keys: { accessKeyId: 'AKID', secretAccessKey: 'secret/+=' } }],
    ['AKID:secret:token==', { keys: { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token==' } }],
    ['bedrock-api-key-YmVkcm9jaw==', { bearer: 'bedrock-api-key-YmVkcm9jaw==' }],
  ])('%s', async (credential, access) => {
    expect(await accessOf(connectTo([], { credential }))).toEqual(access)
  })

  test("without one, what AWS's default chain finds", async () => {
    vi.stubEnv('AWS_PROFILE', undefined)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDFROMCHAIN')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'chain-secret')
    const connection = connectTo([{}], { credential: undefined, region: 'eu-north-1' })
    await ask(SAGEMAKER, connection)
    expect(connection.sent[0]!.headers!.authorization).toContain(
      `Credential=AKIDFROMCHAIN/${new Date().toISOString().slice(0, 10).replaceAll('-', '')}/eu-north-1/sagemaker/`,
    )
  })

  test('no credential anywhere fails before anything is sent', async () => {
    for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent')
    const connection = connectTo([], { credential: undefined, region: 'eu-south-2' })
    await expect(ask(BEDROCK, connection)).rejects.toMatchObject({ code: 'authentication', delivered: false })
    expect(connection.sent).toEqual([])
  })
})

describe('a call', () => {
  test('a bearer key opens Bedrock alone', async () => {
    const connection = connectTo([{}], { credential: 'key', region: 'us-east-1' })
    await ask(BEDROCK, connection)
    expect(connection.sent[0]!.headers).toEqual({ authorization: 'Bearer key' })
    await expect(ask(SAGEMAKER, connection)).rejects.toMatchObject({ code: 'authentication', delivered: false })
  })

  test('a signature needs a region', async () => {
    const connection = connectTo([], { credential: KEYS })
    await expect(ask(BEDROCK, connection)).rejects.toMatchObject({ code: 'invalid_input', param: 'region' })
  })

  test('headers of the configuration are signed with the others', async () => {
    const connection = connectTo([{}], { credential: KEYS, region: 'us-east-1', headers: { 'X-Amzn-Trace': 'a  b' } })
    await ask(BEDROCK, connection)
    const { headers } = connection.sent[0]!
    expect(headers!['x-amzn-trace']).toBe('a  b')
    expect(headers).not.toHaveProperty('X-Amzn-Trace')
    expect(headers!.authorization).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amzn-trace')
  })
})
