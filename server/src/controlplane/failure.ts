import type { Failure } from '@turnout/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { TurnoutError } from '../core/error.ts'
import { redact } from '../lib/redact.ts'
import type { ControlPlaneServices } from './services.ts'

interface HttpError extends Error {
  code: string
  statusCode: number
}

const isHttpError = (error: unknown): error is HttpError =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && 'code' in error

/** What Fastify itself refuses, in our words. */
const FASTIFY_MESSAGES: Readonly<Record<string, (services: Pick<ControlPlaneServices, 'bodyLimit'>) => string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ({ bodyLimit }) => `The request body is larger than ${bodyLimit} bytes.`,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () => 'The content type must be application/json.',
  FST_ERR_BAD_URL: () => 'The path of the URL is not validly encoded.',
  FST_ERR_MAX_PARAM_LENGTH: () => 'A part of the URL is too long.',
}

/** Whatever was thrown while a request was served, as a TurnoutError. */
function errorOf(thrown: unknown, services: Pick<ControlPlaneServices, 'bodyLimit'>): TurnoutError {
  if (thrown instanceof TurnoutError || !isHttpError(thrown) || thrown.statusCode < 400 || thrown.statusCode >= 500) {
    return TurnoutError.from(thrown)
  }
  const message = FASTIFY_MESSAGES[thrown.code]?.(services) ?? thrown.message
  return new TurnoutError('invalid_input', message, { status: thrown.statusCode, cause: thrown })
}

/** How an error came about, for those who run the server: the messages of its causes, and where it was thrown. */
function internalsOf(error: TurnoutError): Record<string, unknown> {
  const causes: string[] = []
  for (let cause = error.cause; cause !== undefined && causes.length < 5; ) {
    causes.push(redact(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause), []))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  const origin = error.cause instanceof Error ? error.cause : error
  return {
    causes,
    stack: origin.stack
      ?.split('\n')
      .slice(1)
      .map((line) => line.trim()),
  }
}

/** The details that clients get: those of the error, what is known of the provider, and outside production, internals. */
function detailsOf(error: TurnoutError, production: boolean): unknown {
  if (Array.isArray(error.details)) return error.details
  const details: Record<string, unknown> = {
    ...(error.provider !== undefined && { provider: error.provider }),
    ...(error.upstreamStatus !== undefined && { upstreamStatus: error.upstreamStatus }),
    ...(error.upstreamCode !== undefined && { upstreamCode: error.upstreamCode }),
    ...(error.upstreamRequestId !== undefined && { upstreamRequestId: error.upstreamRequestId }),
    ...(error.param !== undefined && { param: error.param }),
    ...(typeof error.details === 'object' ? error.details : error.details !== undefined && { reason: error.details }),
    ...(!production && error.status >= 500 && { internals: internalsOf(error) }),
  }
  return Object.keys(details).length > 0 ? details : undefined
}

/** Answers with a failure in the envelope; a failure of Turnout itself is logged with its cause. */
export function failWith(
  thrown: unknown,
  request: Pick<FastifyRequest, 'id' | 'log' | 'method' | 'url'>,
  reply: FastifyReply,
  services: Pick<ControlPlaneServices, 'production' | 'bodyLimit'>,
): FastifyReply {
  const error = errorOf(thrown, services)
  if (error.status === 500) {
    request.log.error({ err: error, method: request.method, url: request.url }, error.message)
  }
  const failure: Failure = {
    success: false,
    error: {
      code: error.code,
      message: error.message,
      details: detailsOf(error, services.production),
      requestId: request.id,
    },
  }
  if (error.status === 401) reply.header('www-authenticate', 'Bearer')
  if (error.retryAfterMs !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfterMs / 1000)))
  return reply.code(error.status).type('application/json; charset=utf-8').serializer(JSON.stringify).send(failure)
}
