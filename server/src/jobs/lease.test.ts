import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isDead, leaseOwner } from './lease.ts'

const ownerWith = (change: { host?: string; pid?: number; start?: string }): string => {
  const [host, pid, start, name] = leaseOwner().split('/')
  return [change.host ?? host, change.pid ?? pid, change.start ?? start, name].join('/')
}

test('this process lives, whoever holds its lease', () => {
  expect(isDead(leaseOwner())).toBe(false)
})

test('a process that has ended is dead, and so is one whose pid another one has by now', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  expect(isDead(ownerWith({ pid: child.pid! }))).toBe(true)
  // Without /proc nobody can tell.
  if (leaseOwner().split('/')[2] !== '') expect(isDead(ownerWith({ start: '1' }))).toBe(true)
})

test('of another machine nothing is known', () => {
  expect(isDead(ownerWith({ host: 'another-machine', pid: 1 }))).toBe(false)
})
