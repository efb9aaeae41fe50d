import { randomUUID } from 'node:crypto'
import type { Fate } from '../faults.ts'
import { AT_ONCE, forResults, SUBMITTED } from '../media/answers.ts'
import type { Task } from '../tasks.ts'
import type { Answer, Call, Charge, JsonObject, World } from '../types.ts'
import { clip } from '../video/clip.ts'
import { INSPECTION, nativeError } from './errors.ts'
import { isAsync, readImage, type Wanted, wrongCall } from './image-request.ts'
import { publish } from './images.ts'
import { readVideo, type WantedVideo } from './video-request.ts'

const PROVIDER = 'dashscope'

interface Work {
  wanted: Wanted | WantedVideo
  urls: string[] | undefined
  submittedAt: Date
}

/** `2026-11-20 09:30:00.000` */
const stamp = (date: Date): string => date.toISOString().replace('T', ' ').replace('Z', '')

function submit(wanted: Work['wanted'], charge: Charge, world: World): Answer {
  return {
    ...AT_ONCE,
    model: wanted.model,
    charge,
    chargeAfter: forResults(charge),
    fates: SUBMITTED,
    body: (fate) => {
      const work: Work = { wanted, urls: undefined, submittedAt: new Date() }
      const { id } = world.tasks.submit(PROVIDER, work, fate, randomUUID())
      return { output: { task_id: id, task_status: 'PENDING' }, request_id: randomUUID() }
    },
  }
}

/** `POST …/text2image/image-synthesis` */
export function submitImage(call: Call, world: World): Answer {
  if (!isAsync(call)) throw wrongCall('synchronous')
  const wanted = readImage(call, world, 'async')
  return submit(wanted, { model: wanted.model, images: wanted.count }, world)
}

/** `POST …/video-generation/video-synthesis` and `…/image2video/video-synthesis` */
export function submitVideo(call: Call, world: World): Answer {
  if (!isAsync(call)) throw wrongCall('synchronous')
  const wanted = readVideo(call, world)
  return submit(wanted, { model: wanted.model, seconds: wanted.seconds }, world)
}

function delivered({ wanted, urls }: Work): { output: JsonObject; usage: JsonObject } {
  const { prompt } = wanted
  if ('seconds' in wanted) {
    const output = { video_url: urls?.[0], orig_prompt: prompt, actual_prompt: prompt }
    const usage = { duration: wanted.seconds, output_video_duration: wanted.seconds, video_count: 1, size: wanted.size }
    return { output, usage }
  }
  const results = urls?.map((url) => ({ orig_prompt: prompt, actual_prompt: prompt, url })) ?? []
  const metrics = { TOTAL: results.length, SUCCEEDED: results.length, FAILED: 0 }
  return { output: { results, task_metrics: metrics }, usage: { image_count: results.length } }
}

function urlsOf({ wanted }: Work, origin: string, world: World, fate: Fate | undefined): string[] {
  if (!('seconds' in wanted)) return publish(wanted, origin, world, fate)
  return [world.files.publish(origin, 'mp4', () => clip(wanted), fate)]
}

function describe(task: Task<Work>, origin: string, world: World): { output: JsonObject; usage?: JsonObject } {
  const { work, id } = task
  const state = world.tasks.poll(task)
  const head = { task_id: id, submit_time: stamp(work.submittedAt) }
  const begun = { ...head, scheduled_time: stamp(work.submittedAt) }
  const ended = { ...begun, end_time: stamp(new Date()) }
  switch (state) {
    case 'pending':
      // The last of the pending polls finds it at work.
      if (task.polls < task.pendingPolls) return { output: { ...head, task_status: 'PENDING' } }
      return { output: { ...begun, task_status: 'RUNNING' } }
    case 'moderated':
      return { output: { ...ended, task_status: 'FAILED', ...INSPECTION } }
    case 'failed':
      return { output: { ...ended, task_status: 'FAILED', code: 'InternalError', message: 'The generation failed.' } }
    case 'canceled':
      return { output: { ...ended, task_status: 'CANCELED' } }
    default: {
      work.urls ??= urlsOf(work, origin, world, task.fate)
      const { output, usage } = delivered(work)
      return { output: { ...ended, task_status: 'SUCCEEDED', ...output }, usage }
    }
  }
}

/** `GET /api/v1/tasks/{id}`; an unknown task is a state, not an error. */
export function poll({ params, origin }: Call, world: World): Answer {
  const { id = '' } = params
  const task = world.tasks.find<Work>(PROVIDER, id)
  const request_id = randomUUID()
  if (!task) return { ...AT_ONCE, body: () => ({ request_id, output: { task_id: id, task_status: 'UNKNOWN' } }) }
  return { ...AT_ONCE, model: task.work.wanted.model, body: () => ({ request_id, ...describe(task, origin, world) }) }
}

/** `POST /api/v1/tasks/{id}/cancel`: only what has not begun. */
export function cancel({ params }: Call, world: World): Answer {
  const task = world.tasks.find<Work>(PROVIDER, params.id ?? '')
  if (!task || world.tasks.state(task) !== 'pending' || task.polls >= task.pendingPolls) {
    throw nativeError(
      400,
      'UnsupportedOperation',
      'Failed to cancel the task, please confirm if the task is in PENDING status.',
    )
  }
  const body = (): JsonObject => {
    task.canceled = true
    return { request_id: randomUUID() }
  }
  return { ...AT_ONCE, model: task.work.wanted.model, body }
}
