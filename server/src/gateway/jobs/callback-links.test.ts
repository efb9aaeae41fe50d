import { expect, test } from 'vitest'
import type { ProviderConnection } from '../../core/deployment.ts'
import { CallbackLinks } from './callback-links.ts'

const SECRET = Buffer.alloc(32, 1)
const provider = (baseUrl: string, settings: object = {}) => ({ id: 'fal', baseUrl, settings }) as ProviderConnection
const offered = (publicUrl: string | undefined, baseUrl: string, settings?: object) =>
  new CallbackLinks(SECRET, publicUrl).offer('att_1', provider(baseUrl, settings)).callbackUrl

test.each([
  ['https://turnout.example', 'https://queue.fal.run', true],
  ['https://turnout.example', 'http://127.0.0.1:8090/fal', true],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8090/fal', true],
  ['http://turnout.example', 'https://queue.fal.run', false],
  ['https://10.0.0.1', 'https://queue.fal.run', false],
  ['https://localhost', 'https://queue.fal.run', false],
  [undefined, 'http://127.0.0.1:8090/fal', false],
])('from %s a callback is asked of %s: %s', (publicUrl, baseUrl, expected) => {
  expect(offered(publicUrl, baseUrl) !== undefined).toBe(expected)
  expect(offered(publicUrl, baseUrl, { callbacks: false })).toBeUndefined()
})

test('an address is that of one attempt at one provider, by the secret of one installation', () => {
  const links = new CallbackLinks(SECRET, 'https://turnout.example')
  const { callbackUrl = '', callbackSecret } = links.offer('att_1', provider('https://queue.fal.run'))
  const [, path, id, attempt, signature = ''] = /\/api\/(callbacks)\/(\w+)\/(\w+)\/([\w-]+)$/.exec(callbackUrl) ?? []
  expect([path, id, attempt]).toEqual(['callbacks', 'fal', 'att_1'])
  expect(links.isOurs('fal', 'att_1', signature)).toBe(true)
  expect(callbackSecret).toBe(links.secretOf('att_1', 'fal'))
  expect(callbackSecret).not.toBe(signature)
  expect(links.isOurs('fal', 'att_2', signature)).toBe(false)
  expect(links.isOurs('bfl', 'att_1', signature)).toBe(false)
  expect(links.isOurs('fal', 'att_1', callbackSecret!)).toBe(false)
  expect(new CallbackLinks(Buffer.alloc(32, 2), undefined).isOurs('fal', 'att_1', signature)).toBe(false)
})
