import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { anySignal } from './signals.ts'

test('a signal made of others is aborted with the first of them, also where nobody looked until that was collected', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const open = new AbortController().signal
  const made = (): AbortSignal => {
    const over = new AbortController()
    const signal = anySignal([open, over.signal])
    over.abort(new Error('over'))
    return signal
  }
  const signal = made()
  await setImmediate()
  collect()
  expect(signal.aborted).toBe(true)
  expect(() => signal.throwIfAborted()).toThrow('over')
  expect(anySignal([open]).aborted).toBe(false)
})
