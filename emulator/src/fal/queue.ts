import { randomUUID } from 'node:crypto'
import type { Fate } from '../faults.ts'
import { AT_ONCE, SUBMITTED } from '../media/answers.ts'
import { Problem, Refusal } from '../refusal.ts'
import type { Task } from '../tasks.ts'
import type { Answer, Call, Handler, JsonObject, StreamEvent, World } from '../types.ts'
import { platformError, refuse } from './errors.ts'
import { chargeAfter, chargeOf, produce } from './output.ts'
import { readInput, type Wanted } from './request.ts'
import { callBack } from './webhook.ts'

interface Work {
  endpoint: string
  /** `{owner}/{app}`: all that the URLs of a request say of its endpoint. */
  app: string
  /** What the model does with its input; the queue itself looks at nothing. */
  input: Wanted | Refusal
  output: JsonObject | undefined
}

/** Who runs the queue, and what differs there. */
export interface Queue {
  provider: string
  /** Where the URLs of a request begin. */
  base(call: Call): string
  /** Models let fields pass that they do not know. */
  open?: true
}

function endpointOf({ params }: Call): { endpoint: string; app: string } {
  const endpoint = params.endpoint ?? ''
  const [owner, app] = endpoint.split('/')
  if (!owner || !app) throw platformError(404, `Application "${endpoint}" not found`)
  return { endpoint, app: `${owner}/${app}` }
}

function attempt(endpoint: string, input: JsonObject, open?: true): Wanted | Refusal {
  try {
    return readInput(endpoint, input, open)
  } catch (error) {
    if (error instanceof Problem) return refuse(error.fact)
    if (error instanceof Refusal) return error
    throw error
  }
}

/** `POST https://queue.fal.run/{endpoint}`: takes any input; a wrong one shows when the result is fetched. */
export function submit(queue: Queue): Handler {
  return (call: Call, world: World): Answer => {
    const { endpoint, app } = endpointOf(call)
    const input = attempt(endpoint, call.json ?? {}, queue.open)
    const id = randomUUID()
    const url = `${queue.base(call)}/${app}/requests/${id}`
    return {
      ...AT_ONCE,
      model: endpoint,
      ...(input instanceof Refusal ? {} : { charge: chargeOf(input), chargeAfter: chargeAfter(input) }),
      fates: SUBMITTED,
      headers: { 'x-fal-request-id': id },
      body: (fate) => {
        const work: Work = { endpoint, app, input, output: undefined }
        const task = world.tasks.submit(queue.provider, work, fate, id)
        const webhook = call.query.get('fal_webhook')
        if (webhook && fate?.kind !== 'late-success') {
          callBack(queue.provider, webhook, task, () => resultOf(task, world, call.origin), world)
        }
        return {
          status: 'IN_QUEUE',
          request_id: id,
          response_url: url,
          status_url: `${url}/status`,
          cancel_url: `${url}/cancel`,
          logs: null,
          metrics: {},
          queue_position: 1,
        }
      },
    }
  }
}

/** `POST https://fal.run/{endpoint}`: the result at once. */
export function run(queue: Queue): Handler {
  return (call: Call, world: World): Answer => {
    const { endpoint } = endpointOf(call)
    const wanted = readInput(endpoint, call.json ?? {}, queue.open)
    return {
      ...AT_ONCE,
      model: endpoint,
      charge: chargeOf(wanted),
      chargeAfter: chargeAfter(wanted),
      fates: ['moderated', 'expired-result', 'failed-task'],
      firstDelayMs: world.delays.imageDelayMs,
      body: (fate) => produce(wanted, fate, { world, origin: call.origin }),
    }
  }
}

function find(queue: Queue, { params }: Call, world: World): Task<Work> {
  const task = world.tasks.find<Work>(queue.provider, params.id ?? '')
  if (task?.work.app === `${params.owner}/${params.app}`) return task
  throw platformError(404, 'Request not found')
}

/** One more poll of a task as the queue words it: failures are as completed as successes. */
function describe(task: Task<Work>, call: Call, queue: Queue, world: World): JsonObject {
  const state = world.tasks.poll(task)
  const url = `${queue.base(call)}/${task.work.app}/requests/${task.id}`
  const head = {
    request_id: task.id,
    response_url: url,
    status_url: `${url}/status`,
    cancel_url: `${url}/cancel`,
  }
  const left = task.pendingPolls - task.polls
  if (state === 'pending' && left > 0) return { status: 'IN_QUEUE', ...head, queue_position: left }
  const lines = [{ timestamp: new Date().toISOString(), level: 'INFO', source: 'USER', message: '50%' }]
  const logs = call.query.get('logs') === '1' ? lines : null
  if (state === 'pending') return { status: 'IN_PROGRESS', ...head, logs }
  return { status: 'COMPLETED', ...head, logs, metrics: { inference_time: 0.7 } }
}

/** `GET {status_url}`: 202 until the request is completed. */
export function status(queue: Queue): Handler {
  return (call: Call, world: World): Answer => {
    const task = find(queue, call, world)
    let completed = false
    return {
      ...AT_ONCE,
      model: task.work.endpoint,
      headers: { 'x-fal-request-id': task.id },
      get status() {
        return completed ? 200 : 202
      },
      body: () => {
        const told = describe(task, call, queue, world)
        completed = told.status === 'COMPLETED'
        return told
      },
    }
  }
}

/** `GET {status_url}/stream`: each state once, to the end. */
export function streamStatus(queue: Queue): Handler {
  return (call: Call, world: World): Answer => {
    const task = find(queue, call, world)
    function* states(): Generator<StreamEvent> {
      for (;;) {
        const data = describe(task, call, queue, world)
        yield { part: 'content', data }
        if (data.status === 'COMPLETED') return
      }
    }
    return { ...AT_ONCE, streamed: true, model: task.work.endpoint, events: states }
  }
}

async function resultOf(task: Task<Work>, world: World, origin: string): Promise<JsonObject> {
  const { input } = task.work
  const state = world.tasks.state(task)
  if (state === 'pending') throw platformError(400, 'Request is still in progress', 'bad_request')
  if (state === 'canceled') throw platformError(499, 'The request was cancelled', 'client_cancelled')
  if (input instanceof Refusal) throw input
  const fate: Fate | undefined = task.fate
  task.work.output ??= await produce(input, fate, { world, origin })
  return task.work.output
}

/** `GET {response_url}`: the output, or the error that the state did not tell of. */
export function result(queue: Queue): Handler {
  return (call: Call, world: World): Answer => {
    const task = find(queue, call, world)
    return {
      ...AT_ONCE,
      model: task.work.endpoint,
      headers: { 'x-fal-request-id': task.id },
      body: () => resultOf(task, world, call.origin),
    }
  }
}

/** `PUT {cancel_url}` */
export function cancel(queue: Queue): Handler {
  return (call: Call, world: World): Answer => {
    const task = find(queue, call, world)
    const late = world.tasks.state(task) !== 'pending'
    return {
      ...AT_ONCE,
      model: task.work.endpoint,
      status: late ? 400 : 202,
      body: () => {
        if (late) return { status: 'ALREADY_COMPLETED' }
        task.canceled = true
        return { status: 'CANCELLATION_REQUESTED' }
      },
    }
  }
}
