import type { Connection } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { ImageCall, MediaOutcome, RemoteOperation, VideoCall } from '../../core/media.ts'
import { falAi } from './fal-ai.ts'
import { hfInference } from './hf-inference.ts'
import { imagesApi } from './images-api.ts'
import { type Served, servedModels, type Task } from './mapping.ts'
import { replicate } from './replicate.ts'

/** What a provider behind the router can be asked for. */
export interface Route {
  tasks: readonly Task[]
  image(call: ImageCall, served: Served, connection: Connection): Promise<MediaOutcome>
  video?(call: VideoCall, served: Served, connection: Connection): Promise<MediaOutcome>
  poll?(operation: RemoteOperation, connection: Connection): Promise<MediaOutcome>
}

const ROUTES: ReadonlyMap<unknown, Route> = new Map<string, Route>([
  ['hf-inference', hfInference],
  ['fal-ai', falAi],
  ['replicate', replicate],
  ['together', imagesApi('together/v1')],
  ['nscale', imagesApi('nscale/v1')],
  ['deepinfra', imagesApi('deepinfra/v1/openai')],
])

/** Words after a model's id that leave the choice to the account's preferences. */
const POLICIES: ReadonlySet<string> = new Set(['', 'auto', 'preferred', 'fastest', 'cheapest'])

function unserved(model: string, task: Task, provider: string, reason: string): TurnoutError {
  const known = [...ROUTES].filter(([, { tasks }]) => tasks.includes(task)).map(([name]) => name)
  return new TurnoutError(
    'model_not_enabled',
    `${provider}: ${model} cannot be had as ${task} ${reason}; Turnout knows how to ask ${known.join(', ')}.`,
    // Nothing that is paid has been sent.
    { provider, param: 'model', delivered: false },
  )
}

/** Some models take a picture or none, which has a task of its own. */
const fits = (served: string, task: Task): boolean =>
  served === task || (served.startsWith('image-text-to-') && served.endsWith(task.split('-').at(-1)!))

/**
 * Where a model is asked for its task: at the provider that its id names after
 * a colon, else at the first one that serves it so.
 *
 * @throws TurnoutError model_not_enabled
 */
export async function routeTo(
  id: string,
  task: Task,
  connection: Connection,
): Promise<{ route: Route; served: Served }> {
  const [model, wish = ''] = id.split(':') as [string, string?]
  // The Hub knows its models by their own ids.
  if (wish === 'hf-inference') {
    return { route: hfInference, served: { model, hub: '', provider: wish, providerId: model, task } }
  }
  const all = (await servedModels(model, connection)).filter((served) => fits(served.task, task))
  const wished = POLICIES.has(wish) ? all : all.filter(({ provider }) => provider === wish)
  for (const served of wished) {
    const route = ROUTES.get(served.provider)
    if (route?.tasks.includes(task)) return { route, served }
  }
  const others = all.map(({ provider }) => provider).join(', ') || 'nobody'
  throw unserved(
    model,
    task,
    connection.provider,
    `${POLICIES.has(wish) ? '' : `at ${wish} `}(it is served by ${others})`,
  )
}

/** Asks how work is on the route that it was started on. @throws TurnoutError internal for what was started on none */
export async function poll(operation: RemoteOperation, connection: Connection): Promise<MediaOutcome> {
  const { provider } = connection
  const route = ROUTES.get(operation.via)
  if (route?.poll) return route.poll(operation, connection)
  throw new TurnoutError('internal', `The stored operation is none of ${provider}.`, { provider })
}
