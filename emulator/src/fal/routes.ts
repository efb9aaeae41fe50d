import type { Route } from '../double.ts'
import { cancel, type Queue, result, status, streamStatus, submit } from './queue.ts'

/** The queue below a prefix; its operations begin with the provider's id. */
export function queueRoutes(prefix: string, queue: Queue): Route[] {
  const { provider } = queue
  const request = `${prefix}/{owner}/{app}/requests/{id}`
  return [
    {
      method: 'GET',
      path: `${request}/status`,
      operation: `${provider}.poll`,
      accepts: [],
      handler: status(queue),
    },
    {
      method: 'GET',
      path: `${request}/status/stream`,
      operation: `${provider}.streamStatus`,
      accepts: [],
      handler: streamStatus(queue),
    },
    { method: 'GET', path: request, operation: `${provider}.result`, accepts: [], handler: result(queue) },
    { method: 'PUT', path: `${request}/cancel`, operation: `${provider}.cancel`, accepts: [], handler: cancel(queue) },
    {
      method: 'POST',
      path: `${prefix}/{endpoint+}`,
      operation: `${provider}.submit`,
      accepts: ['application/json'],
      handler: submit(queue),
    },
  ]
}
