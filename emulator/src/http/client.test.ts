import { once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, connect, Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it, onTestFinished, vi } from 'vitest'
import { watchClient } from './client.ts'

const open = new AbortController().signal

it('a client that left before it was watched has gone away', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nhost: emulator.example\r\n\r\n')
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  client.destroy()
  await once(response, 'close')
  const left = vi.fn()
  expect(watchClient(response, open, left).signal.aborted).toBe(true)
  expect(left).toHaveBeenCalledOnce()
})

it('a client that left stays away, though nobody looked until the collector had been there', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const leave = (): AbortSignal => {
    const response = new ServerResponse(new IncomingMessage(new Socket()))
    const { signal } = watchClient(response, open, () => {})
    response.emit('close')
    return signal
  }
  const signal = leave()
  await setImmediate()
  collect()
  expect(signal.aborted).toBe(true)
})

it('the end of the emulator is heard as well, and counts for no client', () => {
  const closing = new AbortController()
  const left = vi.fn()
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  const { signal } = watchClient(response, closing.signal, left)
  expect(signal.aborted).toBe(false)
  closing.abort()
  expect(signal.aborted).toBe(true)
  response.emit('close')
  expect(left).not.toHaveBeenCalled()
})
