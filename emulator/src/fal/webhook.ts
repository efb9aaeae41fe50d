import { createHash, randomUUID, sign } from 'node:crypto'
import type { Callback } from '../callbacks.ts'
import { Refusal } from '../refusal.ts'
import type { Task } from '../tasks.ts'
import type { JsonObject, World } from '../types.ts'

const USER = 'user_emulated'

/** What fal tells of a request that has ended. Source: fal.ai/docs, Webhooks. */
async function told(id: string, output: () => Promise<JsonObject>): Promise<JsonObject> {
  const head = { request_id: id, gateway_request_id: id }
  try {
    return { ...head, status: 'OK', payload: await output() }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return {
      ...head,
      status: 'ERROR',
      error: `Invalid status code: ${error.status}`,
      payload: error.body as JsonObject,
    }
  }
}

/** Calls the webhook of a request when it is done, signed as fal signs. */
export function callBack(
  provider: string,
  url: string,
  task: Task,
  output: () => Promise<JsonObject>,
  world: World,
): void {
  world.callbacks.add(async (): Promise<Callback> => {
    task.ended = true
    const body = JSON.stringify(await told(task.id, output))
    const requestId = randomUUID()
    const timestamp = String(Math.floor(Date.now() / 1000))
    const hash = createHash('sha256').update(body).digest('hex')
    const message = Buffer.from([requestId, USER, timestamp, hash].join('\n'))
    return {
      provider,
      url,
      headers: {
        'content-type': 'application/json',
        'x-fal-webhook-request-id': requestId,
        'x-fal-webhook-user-id': USER,
        'x-fal-webhook-timestamp': timestamp,
        'x-fal-webhook-signature': sign(null, message, world.callbacks.key).toString('hex'),
      },
      body,
    }
  })
}
