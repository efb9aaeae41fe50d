import { STATUS_CODES } from 'node:http'
import swagger from '@fastify/swagger'
import Fastify from 'fastify'
import { createJsonSchemaTransform, type ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { RouteRole } from '../access.ts'
import { ROUTES } from '../routes/index.ts'
import type { ControlPlaneServices } from '../services.ts'
import { namedSchemas, referToNamed } from './components.ts'
import { addDataPlane } from './dataplane.ts'
import { failuresOf } from './failures.ts'
import { withMediaInputs } from './media-inputs.ts'

const TAGS = [
  { name: 'OpenAI', description: "OpenAI's API, for its SDKs and everything that speaks it." },
  { name: 'Generation', description: 'The native API.' },
  { name: 'Artifacts', description: 'Outputs that are kept, and files that clients have brought.' },
  { name: 'Templates', description: 'Prompts with variables, and exact text over what they make.' },
  { name: 'Models', description: 'The registry.' },
  { name: 'Routing', description: 'Where requests go, and how the deployments are.' },
  { name: 'Webhooks', description: 'Where the ends of jobs are told, and what became of it.' },
  { name: 'Usage', description: 'Attempts and what they cost.' },
  { name: 'Keys', description: 'Virtual keys.' },
  { name: 'Health', description: 'For monitors and load balancers.' },
]

const toJson = createJsonSchemaTransform({ zodToJsonConfig: { override: referToNamed } })

/** The responses that a route states itself; the bare schemas among them get a description. */
function successesOf(responses: unknown): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(responses ?? {}).map(([status, response]) => [
      status,
      response instanceof z.ZodType
        ? { description: STATUS_CODES[status] ?? status, content: { 'application/json': { schema: response } } }
        : response,
    ]),
  )
}

type Transform = NonNullable<swagger.FastifyDynamicSwaggerOptions['transform']>

/** Adds what is true of every route: who may call it, how it fails. A wildcard is shown as the id it stands for. */
const describeRoute: Transform = (context) => {
  const { schema, url, route } = context
  if (!schema || schema.hide) return toJson(context)
  const role: RouteRole = route.config?.role ?? 'admin'
  const wildcard = url.endsWith('/*')
  const failures = failuresOf({
    url,
    role,
    takesInput: schema.body !== undefined || schema.querystring !== undefined,
    takesParams: schema.params !== undefined,
  })
  return toJson({
    ...context,
    url: wildcard ? url.replace(/\*$/, ':id') : url,
    schema: {
      ...schema,
      description: [schema.description, role === 'public' ? 'Needs no key.' : `Needs a key with the role ${role}.`]
        .filter((line) => line !== undefined)
        .join('\n\n'),
      ...(wildcard && { params: z.object({ id: z.string().describe('May contain slashes.') }) }),
      security: role === 'public' ? [] : [{ bearer: [] }, { header: [] }],
      response: { ...failures, ...successesOf(schema.response) },
    },
  })
}

/**
 * The OpenAPI 3.1 description of both planes. It is made from an application
 * with the same routes that is never served, so that a server nobody asks for
 * it does not pay for it.
 */
export async function describeApi(services: ControlPlaneServices): Promise<object> {
  const app = Fastify({ exposeHeadRoutes: false }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => JSON.stringify)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Turnout',
        version: services.version,
        description: 'One API, one registry and one bill for generative models, over every provider.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: TAGS,
      components: {
        schemas: namedSchemas(),
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A virtual key.' },
          header: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'A virtual key.' },
        },
      },
    },
    transform: describeRoute,
  })
  addDataPlane(app)
  for (const register of ROUTES) register(app, services)
  await app.ready()
  return withMediaInputs(app.swagger(), services.registry.snapshot.models)
}
