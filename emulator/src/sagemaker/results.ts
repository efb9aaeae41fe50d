import { Refusal } from '../refusal.ts'
import { type Answer, RawBody, type World } from '../types.ts'

export const PROVIDER = 'sagemaker'
export const BUCKET = 'sagemaker-emulated'

/** An asynchronous inference: the container's answer, or its refusal. */
export interface Inference {
  answer: Answer | Refusal
}

/** Where an inference writes; keys begin with their bucket. */
export function keysOf(id: string, extension: string): { output: string; failure: string } {
  return {
    output: `${BUCKET}/async-outputs/${id}.out${extension}`,
    failure: `${BUCKET}/async-failures/${id}-error.out`,
  }
}

/** What the container answered, in bytes. */
export async function bytesOf(answer: Answer): Promise<RawBody> {
  if (answer.streamed) throw new TypeError('A stream is no result of an asynchronous inference.')
  const body = await answer.body()
  return body instanceof RawBody ? body : new RawBody(Buffer.from(JSON.stringify(body)), 'application/json')
}

/**
 * What lies at a key by now. A look for the output counts as a poll; a look for the failure
 * does not, so that a client that looks for both sees each task age once per round.
 */
export async function findResult(key: string, world: World): Promise<RawBody | undefined> {
  const [, kind = '', id = ''] = /^[^/]+\/async-(outputs|failures)\/([\w-]+?)(?:-error)?\.out/.exec(key) ?? []
  const task = world.tasks.find<Inference>(PROVIDER, id)
  if (!task) return undefined
  const state = kind === 'outputs' ? world.tasks.poll(task) : world.tasks.state(task)
  if (state === 'pending' || state === 'canceled') return undefined
  const { answer } = task.work
  if (answer instanceof Refusal || state !== 'done') {
    const reason =
      answer instanceof Refusal ? JSON.stringify(answer.body) : 'The container could not finish the request.'
    return kind === 'failures' ? new RawBody(Buffer.from(reason), 'text/plain') : undefined
  }
  return kind === 'outputs' && task.fate?.kind !== 'expired-result' ? bytesOf(answer) : undefined
}
