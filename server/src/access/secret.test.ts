import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { displayPrefix, hashSecret, newSecret } from './secret.ts'

test('a secret is trn_ and 40 base62 characters, never the same', () => {
  const secrets = Array.from({ length: 500 }, newSecret)
  for (const secret of secrets) expect(secret).toMatch(/^trn_[0-9A-Za-z]{40}$/)
  expect(new Set(secrets).size).toBe(500)
})

test('all 62 characters occur about equally often', () => {
  const counts = new Map<string, number>()
  for (let i = 0; i < 1_550; i++) {
    for (const character of newSecret().slice(4)) counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  // 1,000 expected each, standard deviation 31: eight of them away is no accident.
  expect(counts.size).toBe(62)
  for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(250)
})

test('it is stored as SHA-256 and recognised by its first 12 characters', () => {
  expect(hashSecret('trn_x')).toBe(createHash('sha256').update('trn_x').digest('hex'))
  expect(displayPrefix('trn_abcdefghijkl')).toBe('trn_abcdefgh')
})
