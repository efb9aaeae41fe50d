import { randomUUID } from 'node:crypto'
import { checkSignature } from '../aws/authenticate.ts'
import type { ProviderDouble } from '../double.ts'
import { described, Refusal } from '../refusal.ts'
import { findResult } from '../sagemaker/results.ts'
import { type Answer, type Call, RawBody, type World } from '../types.ts'

/** An error of S3: XML. Source: Amazon S3 API reference, Error responses. */
function s3Error(status: number, code: string, message: string): Refusal {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  return new Refusal(status, message, body, { 'content-type': 'application/xml' })
}

const CODES: Readonly<Record<number, readonly [code: string, message: string]>> = {
  403: ['AccessDenied', 'Access Denied'],
  404: ['NoSuchKey', 'The specified key does not exist.'],
  500: ['InternalError', 'We encountered an internal error. Please try again.'],
  503: ['SlowDown', 'Please reduce your request rate.'],
}

const keyOf = ({ params }: Call): string => `${params.bucket}/${params.key}`

/** `GET` and `HEAD /{bucket}/{key}`: an object, or the result of an asynchronous inference once it is there. */
async function getObject(call: Call, world: World): Promise<Answer> {
  const stored = world.objects.get(keyOf(call))
  const object = stored ? new RawBody(stored.data, stored.contentType) : await findResult(keyOf(call), world)
  if (!object) throw s3Error(404, 'NoSuchKey', 'The specified key does not exist.')
  return { streamed: false, firstDelayMs: 0, betweenDelayMs: 0, body: () => object }
}

/** `PUT /{bucket}/{key}` */
function putObject(call: Call, world: World): Answer {
  const contentType = call.headers['content-type'] ?? 'application/octet-stream'
  return {
    streamed: false,
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: () => {
      world.objects.set(keyOf(call), { data: call.raw, contentType })
      return new RawBody(Buffer.alloc(0), 'application/xml')
    },
  }
}

/** `DELETE /{bucket}/{key}` */
function deleteObject(call: Call, world: World): Answer {
  return {
    streamed: false,
    status: 204,
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: () => {
      world.objects.delete(keyOf(call))
      return new RawBody(Buffer.alloc(0), 'application/xml')
    },
  }
}

const PATH = '/{bucket}/{key+}'

/** As much of S3, in path style, as asynchronous inference needs. */
export const s3: ProviderDouble = {
  id: 's3',
  mount: '/s3',
  routes: [
    { method: 'GET', path: PATH, operation: 's3.get', accepts: [], handler: getObject },
    { method: 'HEAD', path: PATH, operation: 's3.head', accepts: [], handler: getObject },
    { method: 'PUT', path: PATH, operation: 's3.put', accepts: ['*'], handler: putObject },
    { method: 'DELETE', path: PATH, operation: 's3.delete', accepts: [], handler: deleteObject },
  ],
  authenticate: (knock, accepted) => checkSignature(knock, accepted, 's3', s3Error),
  refuse: (fact) => s3Error(described(fact).status, 'InvalidRequest', described(fact).message),
  statusError: (status) => {
    const known = CODES[status]
    return known && s3Error(status, ...known)
  },
  errorEvent: (error = { message: 'InternalError' }) => ({ part: 'end', data: error }),
  headers: () => ({ 'x-amz-request-id': randomUUID() }),
  withoutUsage: (data) => data,
  withoutFinish: (data) => data,
}
