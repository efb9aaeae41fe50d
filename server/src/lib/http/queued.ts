import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** By connection, the responses that were not the first in line when they came. */
const queues = new WeakMap<Socket, Set<ServerResponse>>()

function close(response: ServerResponse): void {
  if (response.closed) return
  response.destroy()
  // Older versions of Node only tell a response that has a connection.
  setImmediate(() => {
    if (!response.closed) response.emit('close')
  })
}

/**
 * Sees to it that a response emits 'close' when its connection is gone, also
 * while it waits for the answers to earlier requests on it. Node forgets those
 * that wait when a CONNECT comes behind them, and older versions do so however
 * the connection ends. To be called as the request comes.
 */
export function closeWithConnection({ socket }: IncomingMessage, response: ServerResponse): void {
  if (response.socket !== null) return
  let queue = queues.get(socket)
  if (queue === undefined) {
    const waiting = new Set<ServerResponse>()
    // What Node does by itself comes first.
    socket.once('close', () => setImmediate(() => waiting.forEach(close)))
    queues.set(socket, waiting)
    queue = waiting
  }
  queue.add(response)
  response.once('close', () => queue.delete(response))
}
