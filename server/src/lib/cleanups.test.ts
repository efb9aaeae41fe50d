import { expect, test } from 'vitest'
import { Cleanups } from './cleanups.ts'

const never = () => new Promise(() => {})

test('steps are taken once, the latest first, one after the other, whether or not one fails', async () => {
  const done: string[] = []
  const cleanups = new Cleanups()
  const error = new Error('no')
  cleanups.add('first', () => done.push('first'))
  cleanups.add('failing', () => Promise.reject(error))
  cleanups.add('last', async () => {
    await Promise.resolve()
    done.push('last')
  })
  expect(await cleanups.run(60_000)).toEqual({ unfinished: [], failed: [{ name: 'failing', error }] })
  expect(done).toEqual(['last', 'first'])
  await cleanups.run(60_000)
  expect(done).toEqual(['last', 'first'])
})

test('a step that never ends is named, and holds up the others no longer than the time that is given', async () => {
  const done: string[] = []
  const cleanups = new Cleanups()
  cleanups.add('first', () => done.push('first'))
  cleanups.add('quick', () => Promise.resolve().then(() => done.push('quick')))
  cleanups.add('hanging', never)
  expect(await cleanups.run(1)).toEqual({ unfinished: ['hanging'], failed: [] })
  expect(done.sort()).toEqual(['first', 'quick'])
})
