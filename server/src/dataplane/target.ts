import type { Modality } from '@turnout/contract'
import type { OpenAIOperation } from '../core/adapter.ts'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import type { Wires } from '../gateway/wire.ts'
import type { Registry, Resolution } from '../registry/types.ts'

const MAKES: Readonly<Record<string, string>> = {
  text: 'chat completions',
  embedding: 'embeddings',
  image: 'pictures',
}

/** The deployment for a name, if its model makes what is asked for. */
export function resolveFor(registry: Registry, name: string, output: Modality): Resolution {
  const resolution = registry.snapshot.resolve(name)
  const { model } = resolution.deployment
  if (!model.output.includes(output)) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} does not make ${MAKES[output]}; it makes ${model.output.join(' and ')}.`,
      {
        param: 'model',
      },
    )
  }
  return resolution
}

/** What a request is, rather than how it is to be done: no default takes their place. */
const THE_CLIENTS: ReadonlySet<string> = new Set(['model', 'messages', 'input', 'prompt', 'stream', 'stream_options'])

/** What must differ in the request that goes upstream: the model's name there, its defaults, and what its server wants otherwise. */
export function relayedBody(
  deployment: Deployment,
  operation: OpenAIOperation,
  parsed: Readonly<Record<string, unknown>>,
  wires: Wires,
): Record<string, unknown> {
  const { model, upstreamId } = deployment
  const changes = wires.get(deployment, operation).door.rewrite(operation, parsed, model.flags) ?? {}
  for (const name in model.defaults) {
    if (parsed[name] === undefined && !THE_CLIENTS.has(name)) changes[name] ??= model.defaults[name]
  }
  if (parsed.model !== upstreamId) changes.model = upstreamId
  return changes
}
