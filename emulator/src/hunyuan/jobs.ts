import { randomUUID } from 'node:crypto'
import type { Fate } from '../faults.ts'
import type { Source } from '../media/inputs.ts'
import { picture } from '../picture/plain.ts'
import type { Task } from '../tasks.ts'
import type { Call, RawBody, World } from '../types.ts'

/** Pictures that the API would draw. */
export interface Wanted {
  model: string
  prompt: string
  width: number
  height: number
  count: number
  source: Source | undefined
}

/** A job of either API. */
export interface Job {
  wanted: Wanted
  urls: string[] | undefined
}

/** Both APIs know each other's codes: waiting, at work, failed, done. */
export type Code = '1' | '2' | '4' | '5'

export interface State {
  code: Code
  urls: string[]
  /** Why it failed. */
  error: { code: string; message: string } | undefined
}

const PROVIDER = 'hunyuan'
const LEAST_SIDE = 512
const MOST_SIDE = 2048
const MOST_AREA = 1024 ** 2

/** Width and height of `1024:1024`; undefined where HY-Image 3.0 does not draw them. */
export function freeSize(size = '1024:1024'): { width: number; height: number } | undefined {
  const [width = 0, height = 0] = size.split(':').map(Number)
  const inside = Math.min(width, height) >= LEAST_SIDE && Math.max(width, height) <= MOST_SIDE
  return inside && width * height <= MOST_AREA ? { width, height } : undefined
}

export function draw({ prompt, model, width, height, source }: Wanted, number: number): Promise<RawBody> {
  return picture({ prompt, model, width, height, number, backdrop: source?.data })
}

export function submitJob(wanted: Wanted, fate: Fate | undefined, world: World): string {
  const id = `1259000000-${Math.floor(Date.now() / 1000)}-${randomUUID()}-0`
  return world.tasks.submit<Job>(PROVIDER, { wanted, urls: undefined }, fate, id).id
}

export const findJob = (id: unknown, world: World): Task<Job> | undefined => world.tasks.find<Job>(PROVIDER, String(id))

/** One more look at a job. */
export function pollJob(task: Task<Job>, { origin }: Call, world: World): State {
  const state = world.tasks.poll(task)
  const { work } = task
  if (state === 'pending') return { code: task.polls < task.pendingPolls ? '1' : '2', urls: [], error: undefined }
  if (state === 'moderated') {
    const message = 'The generated image did not pass the content check.'
    return { code: '4', urls: [], error: { code: 'OperationDenied.ImageIllegalDetected', message } }
  }
  if (state !== 'done') {
    return {
      code: '4',
      urls: [],
      error: { code: 'FailedOperation.InnerError', message: 'Internal error of the service.' },
    }
  }
  work.urls ??= Array.from({ length: work.wanted.count }, (_, number) =>
    world.files.publish(origin, 'png', () => draw(work.wanted, number), task.fate),
  )
  return { code: '5', urls: work.urls, error: undefined }
}
