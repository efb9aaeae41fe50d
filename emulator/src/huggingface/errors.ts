import type { ApiError } from '../openai/errors.ts'
import { described, type Fact, Refusal } from '../refusal.ts'
import { wordsOf } from '../violation.ts'

/** An error of the router and of hf-inference: a sentence. */
export function hubError(status: number, error: string, more: object = {}): Refusal {
  return new Refusal(status, error, { error, ...more })
}

export const unauthorized = (): Refusal => hubError(401, 'Invalid username or password.')

/** The router's answer for a model that none of the account's providers serves. */
export function notSupported(model: string): Refusal {
  const message = `The requested model '${model}' is not supported by any provider you have enabled.`
  return new Refusal(400, message, {
    error: { message, type: 'invalid_request_error', param: 'model', code: 'model_not_supported' },
  })
}

/** The chat's errors, which the router passes on from the provider behind it. */
export function reword(error: ApiError): Refusal {
  return error.detail.code === 'model_not_found' ? notSupported(error.message.split('`')[1] ?? '') : error
}

const DEFAULTS: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Invalid username or password.',
  402: 'You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included credits.',
  403: 'This authentication method does not have sufficient permissions to call Inference Providers on behalf of user emulated',
  404: 'Not Found',
  422: 'Unprocessable entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Model emulated is currently loading',
  504: 'Gateway Timeout',
}

export function statusError(status: number): Refusal | undefined {
  const error = DEFAULTS[status]
  if (error === undefined) return undefined
  return hubError(status, error, status === 503 ? { estimated_time: 20 } : {})
}

export function refuse(fact: Fact): Refusal {
  if (fact.kind === 'violation') return hubError(422, wordsOf(fact))
  const { status, message } = described(fact)
  return hubError(status, fact.kind === 'unknown-route' ? 'Not Found' : message)
}
