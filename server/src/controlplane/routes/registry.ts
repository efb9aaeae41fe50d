import { Layer, success } from '@turnout/contract'
import { z } from 'zod'
import type { ProviderConnection } from '../../core/deployment.ts'
import { ok, type Route } from '../route.ts'

const RegistryState = z.object({
  version: z.int().describe('Counts up with every change.'),
  promptModel: z.string().nullable().describe('Id of the model for prompt enhancement.'),
  providers: z.array(
    z.object({
      id: z.string(),
      adapter: z.string(),
      baseUrl: z.string(),
      configured: z.boolean().describe('It has a credential, or is local and needs none.'),
      local: z.boolean(),
      emulated: z.boolean(),
    }),
  ),
  problems: z.array(
    z.object({
      layer: Layer,
      where: z.string().describe('The variable, the line of a file, or the record.'),
      message: z.string(),
    }),
  ),
})

/** A URL may carry a secret in its user information or its query. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return ''
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`
}

/** What may be told of a provider. */
function describe({ id, adapter, baseUrl, credential, local, emulated }: ProviderConnection) {
  return {
    id,
    adapter,
    baseUrl: withoutSecrets(baseUrl),
    configured: local || credential !== undefined,
    local,
    emulated,
  }
}

export const readRegistry: Route = (app, { registry }) => {
  app.route({
    method: 'GET',
    url: '/api/registry',
    config: { role: 'admin' },
    schema: {
      operationId: 'readRegistry',
      tags: ['Models'],
      summary: 'Read the state of the registry',
      description: 'The providers as configured, and what the sources say that cannot be used.',
      response: { 200: success(RegistryState) },
    },
    handler: async () => {
      const { version, promptModel, providers, problems } = registry.snapshot
      return ok({
        version,
        promptModel: promptModel?.id ?? null,
        providers: [...providers.values()].map(describe),
        problems: [...problems],
      })
    },
  })
}
