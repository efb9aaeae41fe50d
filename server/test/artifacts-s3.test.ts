import { existsSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openS3, S3_URL, type S3World } from '../src/storage/testing/s3-server.ts'
import { ADMIN_KEY, startGateway, type TestGateway } from './gateway.ts'

const PNG = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#3060c0' } })
  .png()
  .toBuffer()

describe.skipIf(S3_URL === undefined)('a server that keeps its artifacts in a bucket', () => {
  let s3: S3World
  let bucket: string
  let through: TestGateway
  let redirecting: TestGateway
  beforeAll(async () => {
    s3 = await openS3()
    bucket = await s3.bucket()
    const env = {
      TURNOUT_STORAGE: `s3://${bucket}/turnout`,
      TURNOUT_S3_ENDPOINT: S3_URL!,
      TURNOUT_S3_ACCESS_KEY_ID: s3.settings.credentials.accessKeyId,
      TURNOUT_S3_SECRET_ACCESS_KEY: s3.settings.credentials.secretAccessKey,
    }
    through = await startGateway({ env })
    redirecting = await startGateway({ env: { ...env, TURNOUT_S3_REDIRECT: 'true' } })
  })
  afterAll(async () => {
    await Promise.all([through, redirecting].map((gateway) => gateway.close()))
    s3.stop()
  })

  const upload = async ({ url }: TestGateway, bytes = PNG) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'image/png' }
    const answer = await fetch(`${url}/api/files`, { method: 'POST', headers, body: bytes as unknown as string })
    expect(answer.status).toBe(201)
    return ((await answer.json()) as { data: { id: string; url: string; thumbnailUrl: string } }).data
  }

  test('hands them out, whole and in part, and deletes them', async () => {
    const { id, url, thumbnailUrl } = await upload(through)
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(PNG)).toBe(true)
    const part = await fetch(url, { headers: { range: 'bytes=1-3' } })
    expect([part.status, await part.text()]).toEqual([206, 'PNG'])
    expect((await sharp(await (await fetch(thumbnailUrl)).arrayBuffer()).metadata()).width).toBe(60)
    expect(existsSync(join(through.dataDir, 'artifacts'))).toBe(false)
    expect((await through.api('DELETE', `/api/artifacts/${id}`)).status).toBe(200)
    expect((await fetch(url)).status).toBe(404)
  })

  test('sends clients to the bucket where it is told to, but not for a drawing', async () => {
    const { url } = await upload(redirecting)
    const answer = await fetch(url, { redirect: 'manual' })
    expect(answer.status).toBe(302)
    const location = new URL(answer.headers.get('location')!)
    expect(location.origin).toBe(S3_URL)
    expect(Number(location.searchParams.get('X-Amz-Expires'))).toBeLessThan(3_600)
    const followed = await fetch(url, { headers: { range: 'bytes=1-3' } })
    expect([followed.status, await followed.text()]).toEqual([206, 'PNG'])
    const head = await fetch(url, { method: 'HEAD', redirect: 'manual' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(PNG.length)])
    const drawing = await upload(redirecting, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))
    expect((await fetch(drawing.url, { redirect: 'manual' })).status).toBe(200)
    const wrong = await fetch(url.replace(/expires=\d/, 'expires=9'), { redirect: 'manual' })
    expect(wrong.status).toBe(403)
  })
})
