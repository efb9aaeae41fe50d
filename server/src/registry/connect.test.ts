import { expect, test } from 'vitest'
import { connect, type OwnConnection } from './connect.ts'
import type { ProviderSetup } from './providers.ts'

const setup: ProviderSetup = {
  id: 'cloud',
  name: 'Cloud',
  adapter: 'cloud',
  baseUrl: 'https://models.{region}.cloud.test/v1/',
  movedByUser: false,
  region: 'north-1',
  credential: 'providers-secret',
  headers: { 'x-team': 'headers-secret' },
  flags: {},
  settings: {},
  local: false,
  maxConnections: 1,
  retry: {},
  presetTimeouts: {},
  timeouts: {},
  configured: true,
  obstacle: undefined,
  disabled: false,
  emulation: undefined,
}

function connection(own?: OwnConnection, changed: Partial<ProviderSetup> = {}) {
  const connected = connect({ ...setup, ...changed }, own)
  return connected.ok ? connected.connection : connected.obstacle
}

test('the region is filled in and the trailing slash cut', () => {
  expect(connection()).toMatchObject({ baseUrl: 'https://models.north-1.cloud.test/v1', region: 'north-1' })
  expect(connection({ region: 'south-2' })).toMatchObject({
    baseUrl: 'https://models.south-2.cloud.test/v1',
    credential: 'providers-secret',
  })
})

test.each([undefined, '', 'evil.test/#', 'a.b', 'a b'])('region %j makes no host', (region) => {
  expect(connection({}, { region })).toMatch(/needs a region/)
})

test("a provider's credential and headers stay with its own server", () => {
  expect(connection({ baseUrl: 'https://models.north-1.cloud.test/other/' })).toMatchObject({
    baseUrl: 'https://models.north-1.cloud.test/other',
    credential: 'providers-secret',
    headers: { 'x-team': 'headers-secret' },
  })
  for (const baseUrl of ['https://elsewhere.test/v1', 'http://models.north-1.cloud.test/v1']) {
    expect(JSON.stringify(connection({ baseUrl }))).not.toContain('secret')
  }
  expect(connection({ baseUrl: 'https://elsewhere.test', credential: 'own' })).toMatchObject({
    baseUrl: 'https://elsewhere.test',
    credential: 'own',
    headers: {},
  })
})

test("the catalog's other addresses of a provider get its credential, unless the user has moved it", () => {
  const catalogBaseUrl = 'https://pictures.cloud.test/v1'
  expect(connection({ catalogBaseUrl })).toMatchObject({ baseUrl: catalogBaseUrl, credential: 'providers-secret' })
  const moved = { baseUrl: 'http://127.0.0.1:9/cloud', movedByUser: true }
  expect(connection({ catalogBaseUrl }, moved)).toMatchObject({
    baseUrl: moved.baseUrl,
    credential: 'providers-secret',
  })
  const lacking = { credential: undefined, obstacle: 'set CLOUD_KEY' }
  expect(connection({ catalogBaseUrl }, lacking)).toBe('set CLOUD_KEY')
})

test('what a model brings along overcomes what its provider lacks, but not that it is disabled', () => {
  const lacking = { credential: undefined, obstacle: 'set CLOUD_KEY' }
  expect(connection({}, lacking)).toBe('set CLOUD_KEY')
  expect(connection({ credential: 'own' }, lacking)).toMatchObject({ credential: 'own' })
  expect(connection({ credential: 'own' }, { disabled: true })).toMatch(/providers\.cloud\.enabled/)
})

test('the emulator stands in for a provider, but not for a server that a model names itself', () => {
  const emulation = { root: 'http://emulator.test/cloud', credential: 'emulated', settings: { project: 'p' } }
  expect(connection({}, { emulation, obstacle: 'set CLOUD_KEY' })).toEqual({
    id: 'cloud',
    adapter: 'cloud',
    flags: {},
    settings: { project: 'p' },
    local: false,
    maxConnections: 1,
    baseUrl: 'http://emulator.test/cloud/v1',
    credential: 'emulated',
    region: 'north-1',
    headers: {},
    emulated: true,
  })
  expect(connection({ credential: 'own' }, { emulation })).toMatchObject({
    baseUrl: 'https://models.north-1.cloud.test/v1',
    credential: 'own',
    emulated: false,
  })
})
