import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connectTo } from '../testing/connection.ts'
import { vertex } from '../vertex.ts'

let server: Server
let folder: string
let paths: string[]
let has = true

/** A machine of Google's cloud, as far as the library asks it: its metadata server, and no login of a user. */
beforeAll(async () => {
  paths = []
  server = createServer((request, response) => {
    const path = new URL(request.url!, 'http://metadata').pathname
    paths.push(path)
    response.setHeader('metadata-flavor', 'Google')
    if (path.endsWith('/token') && has) {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: 'machine', expires_in: 3600, token_type: 'Bearer' }))
    } else if (path.endsWith('/project-id')) {
      response.setHeader('content-type', 'application/text')
      response.end('machine-project')
    } else response.writeHead(path.endsWith('/token') ? 404 : 200).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  folder = mkdtempSync(join(tmpdir(), 'turnout-'))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const environment = {
    GCE_METADATA_HOST: host,
    GCE_METADATA_IP: host,
    METADATA_SERVER_DETECTION: 'assume-present',
    CLOUDSDK_CONFIG: folder,
    HOME: folder,
    GOOGLE_APPLICATION_CREDENTIALS: '',
    GOOGLE_CLOUD_PROJECT: '',
    GCLOUD_PROJECT: '',
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
})
afterAll(() => {
  vi.unstubAllEnvs()
  server.close()
  rmSync(folder, { recursive: true })
})

test('without a credential, the application default credentials are used, and kept', async () => {
  has = false
  const call = { model: 'gemini-3.8-flash', messages: [] }
  const body = { candidates: [{ content: { parts: [{ text: 'hello' }] }, finishReason: 'STOP' }] }
  const connection = connectTo(() => ({ body }), { credential: undefined })
  await expect(vertex.text!.generate(call, connection)).rejects.toMatchObject({
    code: 'authentication',
    delivered: false,
  })
  expect(connection.sent).toEqual([])
  has = true
  await vertex.text!.generate(call, connection)
  await vertex.text!.generate(call, connection)
  expect(connection.sent).toHaveLength(2)
  expect(connection.sent[1]).toMatchObject({
    url: 'https://provider.example/v1/projects/machine-project/locations/global/publishers/google/models/gemini-3.8-flash:generateContent',
    headers: { authorization: 'Bearer machine' },
  })
  expect(paths.filter((path) => path.endsWith('/token'))).toHaveLength(2)
})
