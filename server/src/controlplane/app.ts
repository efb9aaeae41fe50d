import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { validate } from '../core/input.ts'
import { guardRoutes } from './access.ts'
import { parseJsonBodies } from './body.ts'
import { failWith } from './failure.ts'
import { setCommonHeaders } from './headers.ts'
import { answerUnknownRoutes } from './not-found.ts'
import { refuseNul } from './query.ts'
import { collectRoutes } from './route.ts'
import { ROUTES } from './routes/index.ts'
import type { ControlPlaneServices } from './services.ts'

/** Model ids may be long, and percent-encoding triples them. */
const MAX_PARAM_LENGTH = 1024

/**
 * Everything outside `/v1`. The application does not listen: the owner of the
 * HTTP server hands it requests through `app.routing(request, response)`.
 *
 * @throws where a route does not state the role it needs.
 */
export async function createControlPlane(services: ControlPlaneServices): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: services.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    requestIdHeader: false,
    genReqId: () => services.newRequestId(),
    bodyLimit: services.bodyLimit,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => {
      setCommonHeaders(request, reply, services)
      return failWith(error, request, reply, services)
    },
  }).withTypeProvider<ZodTypeProvider>()

  app.setValidatorCompiler(
    ({ schema, httpPart }) =>
      (data) =>
        validate(schema as z.ZodType, data, httpPart),
  )
  app.setSerializerCompiler(serializerCompiler)
  app.setErrorHandler((error, request, reply) => failWith(error, request, reply, services))
  app.addHook('onRequest', async (request, reply) => setCommonHeaders(request, reply, services))
  app.addHook('onResponse', async (request, reply) => {
    const route = request.is404 ? 'other' : (request.routeOptions.url ?? 'other')
    services.metrics.requestEnded(request.method, route, reply.statusCode, reply.elapsedTime)
    request.log.info(
      {
        method: request.method,
        // What a query asks for is no business of the log.
        path: request.routeOptions.config?.sealed ? request.routeOptions.url : request.url.split('?', 1)[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        keyId: request.principal?.keyId,
      },
      'request',
    )
  })
  const routes = collectRoutes(app)
  guardRoutes(app, services)
  parseJsonBodies(app)
  refuseNul(app)
  answerUnknownRoutes(app, routes)
  for (const register of ROUTES) register(app, services)
  await app.ready()
  return app as unknown as FastifyInstance
}
