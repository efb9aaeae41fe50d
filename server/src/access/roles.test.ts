import { ROLES } from '@turnout/contract'
import { expect, test } from 'vitest'
import { hasRole, requireRole } from './roles.ts'
import type { Principal } from './types.ts'

const principal = (role: Principal['role']): Principal => ({
  keyId: 'key_1',
  name: 'test',
  owner: null,
  role,
  limits: {},
  expiresAt: Number.POSITIVE_INFINITY,
})

test('each role may do what the ones below it may', () => {
  const allowed = ROLES.map((has) => ROLES.filter((needed) => hasRole(principal(has), needed)))
  expect(allowed).toEqual([['viewer'], ['viewer', 'user'], ['viewer', 'user', 'admin']])
})

test('a smaller role is refused with the one that is needed', () => {
  expect(() => requireRole(principal('admin'), 'admin')).not.toThrow()
  expect(() => requireRole(principal('viewer'), 'admin')).toThrow(
    expect.objectContaining({ code: 'permission', status: 403, message: expect.stringContaining('"admin"') }),
  )
})
