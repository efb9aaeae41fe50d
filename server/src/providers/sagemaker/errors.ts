import type { ErrorCode } from '@turnout/contract'
import type { Connection } from '../../core/adapter.ts'
import { type AwsFailure, readAwsFailure, said } from '../shared/aws/errors.ts'
import { codeOfStatus, type ErrorReader, errorReader, type Said, text } from '../shared/failure.ts'
import { readOpenAISaid } from '../shared/openai-errors.ts'

/**
 * SageMaker's own errors. Source: SageMaker Runtime service model 2017-05-13.
 */
const BY_NAME: ReadonlyMap<string, ErrorCode> = new Map([
  ['ModelNotReady', 'overloaded'],
  ['InternalStreamFailure', 'upstream_error'],
])

/** Statuses of a container that say the same of the endpoint; any other 4xx is about the request. */
const OWN_STATUSES: ReadonlySet<number> = new Set([408, 413, 429])
const TIMED_OUT = /timed? ?out|time ?exceeded/i

function codeOfContainer(status: number, message: string): ErrorCode {
  if (TIMED_OUT.test(message) && !(status >= 400 && status < 500)) return 'timeout'
  if (status >= 500 || OWN_STATUSES.has(status)) return codeOfStatus(status)
  return status >= 400 ? 'invalid_input' : 'upstream_error'
}

/** A failure of the container behind the endpoint, which SageMaker answers with a 424. */
export function readContainerFailure(body: Readonly<Record<string, unknown>>, outer: string): Said {
  const status = Number(body.OriginalStatusCode ?? 0)
  const original = text(body.OriginalMessage)
  const inner = original === undefined ? undefined : readOpenAISaid(original, status)
  const message = inner?.message || outer
  const isPolicy = inner?.code === 'content_policy'
  return {
    message: status >= 400 ? `the container answered ${status}: ${message}` : message,
    code: isPolicy ? 'content_policy' : codeOfContainer(status, `${message} ${outer}`),
    word: 'ModelError',
    param: inner?.param,
  }
}

function readSaid(failure: AwsFailure, where: string): Said {
  const { name, message, body } = failure
  if (failure.word === 'ModelError') return readContainerFailure(body, message)
  if (failure.word === 'ModelStreamError')
    return said(failure, TIMED_OUT.test(`${text(body.ErrorCode)} ${message}`) ? 'timeout' : 'upstream_error')
  if (name === 'Validation' && /endpoint.*not found/i.test(message))
    return said(failure, 'model_not_found', `asked for in ${where}`)
  return said(failure, BY_NAME.get(name))
}

/** A failed answer of SageMaker's runtime as an error, which names the region where that may be the reason. */
export const sagemakerError = ({ region }: Pick<Connection, 'region'>): ErrorReader =>
  errorReader((body, _status, headers) =>
    readSaid(readAwsFailure(body, headers), region ? `region ${region}` : 'the configured region'),
  )
