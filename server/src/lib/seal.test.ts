import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { seal, unseal } from './seal.ts'

const KEY = randomBytes(32)

test('what was sealed is opened, and never looks the same', () => {
  const text = 'whsec_ü🚋'
  const sealed = [seal(KEY, 'a', text), seal(KEY, 'a', text)]
  expect(sealed[0]).not.toBe(sealed[1])
  for (const each of sealed) expect(unseal(KEY, 'a', each)).toBe(text)
  expect(unseal(KEY, 'a', seal(KEY, 'a', ''))).toBe('')
})

test('nothing is opened with another key, for another purpose, or when it was changed', () => {
  const sealed = seal(KEY, 'a', 'secret')
  const bytes = Buffer.from(sealed.slice(3), 'base64')
  bytes[14]! ^= 1
  for (const open of [
    () => unseal(randomBytes(32), 'a', sealed),
    () => unseal(KEY, 'b', sealed),
    () => unseal(KEY, 'a', `v1.${bytes.toString('base64')}`),
    () => unseal(KEY, 'a', `v1.${bytes.subarray(0, 20).toString('base64')}`),
    () => unseal(KEY, 'a', 'v1.'),
    () => unseal(KEY, 'a', sealed.slice(3)),
    () => unseal(KEY, 'a', 'secret'),
  ]) {
    expect(open).toThrow()
  }
})
