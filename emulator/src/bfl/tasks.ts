import { createHmac, randomUUID } from 'node:crypto'
import { AT_ONCE, forResults, SUBMITTED } from '../media/answers.ts'
import { detailOf } from '../media/pydantic.ts'
import { picture } from '../picture/plain.ts'
import { Refusal } from '../refusal.ts'
import type { Task } from '../tasks.ts'
import type { Answer, Call, Handler, JsonObject, World } from '../types.ts'
import { clip } from '../video/clip.ts'
import { costOf } from './cost.ts'
import { invalid } from './errors.ts'
import type { Wanted } from './request.ts'

const PROVIDER = 'bfl'

interface Work extends Wanted {
  sample: string | undefined
  startedAt: number
}

/** `POST /v1/{model}` */
export function submit(read: (body: JsonObject) => Wanted): Handler {
  return (call: Call, world: World): Answer => {
    const body = call.json ?? {}
    const wanted = read(body)
    const { model, seconds } = wanted
    const cost = costOf(wanted)
    const charge = seconds === undefined ? { model, images: 1 } : { model, seconds }
    return {
      ...AT_ONCE,
      model,
      charge,
      chargeAfter: forResults(charge),
      fates: SUBMITTED,
      body: (fate) => {
        const work: Work = { ...wanted, sample: undefined, startedAt: Date.now() / 1000 }
        const task = world.tasks.submit(PROVIDER, work, fate, randomUUID())
        const { id } = task
        // Who names a webhook is not told where to poll.
        if (typeof body.webhook_url === 'string') {
          if (fate?.kind !== 'late-success') callBack(body.webhook_url, body.webhook_secret, task, call, world)
          return { id, status: 'Pending', webhook_url: body.webhook_url, ...cost }
        }
        return { id, polling_url: `${call.base}/v1/get_result?id=${id}`, ...cost }
      },
    }
  }
}

/**
 * Calls the webhook of a task when it is done.
 * Source: BFL's own skill `bfl-api` for coding agents, webhook integration.
 */
function callBack(url: string, secret: unknown, task: Task<Work>, call: Call, world: World): void {
  world.callbacks.add(() => {
    task.ended = true
    const body = JSON.stringify({ id: task.id, ...describe(task, call, world), timestamp: new Date().toISOString() })
    const signature = typeof secret === 'string' && createHmac('sha256', secret).update(body).digest('hex')
    return {
      provider: PROVIDER,
      url,
      headers: { 'content-type': 'application/json', ...(signature && { 'x-bfl-signature': `sha256=${signature}` }) },
      body,
    }
  })
}

/** What a pending task says: FLUX 3 tells its stages apart. */
function stage({ work, polls }: Task<Work>): string {
  const stages = work.model.startsWith('flux-3') ? ['Pending', 'Reasoning', 'Generating'] : ['Pending']
  return stages[Math.min(polls, stages.length) - 1] ?? 'Pending'
}

function result(task: Task<Work>, call: Call, world: World): JsonObject {
  const { work } = task
  const { prompt, model, seconds, format, sources } = work
  work.sample ??= world.files.publish(
    call.origin,
    format,
    () => (seconds === undefined ? picture({ ...work, backdrop: sources[0]?.data }) : clip({ prompt, seconds })),
    task.fate,
  )
  const end = Date.now() / 1000
  const times = { start_time: work.startedAt, end_time: end, duration: end - work.startedAt }
  const seed = model.startsWith('flux-3') ? {} : { seed: work.seed ?? 42 }
  return { sample: work.sample, prompt, ...seed, ...times }
}

function describe(task: Task<Work>, call: Call, world: World): JsonObject {
  const state = world.tasks.poll(task)
  const rest = { result: null, progress: null, details: null, preview: null }
  switch (state) {
    case 'pending':
      return { ...rest, status: stage(task), progress: task.polls / (task.pendingPolls + 1) }
    case 'moderated': {
      // The request is judged before the work, the content after it.
      const status = task.fate?.kind === 'moderated' && task.fate.billed ? 'Content Moderated' : 'Request Moderated'
      return { ...rest, status, details: { 'Moderation Reasons': ['Safety Filter'] } }
    }
    case 'done':
      return { ...rest, status: 'Ready', result: result(task, call, world) }
    default:
      return { ...rest, status: 'Error', details: { error: 'The generation failed.' } }
  }
}

/** `GET /v1/get_result?id=` */
export function poll(call: Call, world: World): Answer {
  const id = call.query.get('id')
  if (id === null) {
    const missing = detailOf({ path: ['id'], issue: { is: 'missing' }, value: null })
    throw invalid({ ...missing, loc: ['query', 'id'] })
  }
  const task = world.tasks.find<Work>(PROVIDER, id)
  if (!task) throw new Refusal(404, 'Task not found', { id, status: 'Task not found', result: null })
  return { ...AT_ONCE, model: task.work.model, body: () => ({ id, ...describe(task, call, world) }) }
}
