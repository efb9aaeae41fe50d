import type { JsonObject } from './types.ts'
import { type Violation, wordsOf } from './violation.ts'

/** An answer other than the asked one, with the body that the provider gives it. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
  readonly status: number
  /** JSON, or a text that is sent as it is. */
  readonly body: JsonObject | readonly unknown[] | string
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    message: string,
    body: JsonObject | readonly unknown[] | string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message)
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** What is wrong with a request before its operation looks at it; the provider's double says it in its own words. */
export type Fact =
  | { kind: 'unknown-route'; method: string; path: string }
  | { kind: 'wrong-method'; method: string; path: string }
  | { kind: 'content-type'; type: string; accepted: readonly string[] }
  | { kind: 'not-json' }
  | { kind: 'not-an-object' }
  | { kind: 'not-a-form' }
  | { kind: 'too-large'; limit: number; size: number }
  /** A field of the body, thrown by `checkShape`. */
  | ({ kind: 'violation' } & Violation)

/** Thrown by the shared code; never reaches the wire as it is. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly fact: Fact

  constructor(fact: Fact) {
    super(fact.kind)
    this.fact = fact
  }
}

/** The usual status and an English sentence for a fact. */
export function described(fact: Fact): { status: number; message: string } {
  switch (fact.kind) {
    case 'unknown-route':
      return { status: 404, message: `Invalid URL (${fact.method} ${fact.path})` }
    case 'wrong-method':
      return { status: 405, message: `Not allowed to ${fact.method} on ${fact.path}.` }
    case 'content-type': {
      const names = fact.accepted.map((name) => `'${name}'`).join(' or ')
      return {
        status: 415,
        message: `Unsupported content type: '${fact.type}'. This API method only accepts ${names} requests.`,
      }
    }
    case 'not-json':
      return { status: 400, message: 'The body of the request is not valid JSON.' }
    case 'not-an-object':
      return { status: 400, message: 'The JSON body of the request must be an object.' }
    case 'not-a-form':
      return { status: 400, message: 'The multipart form could not be parsed.' }
    case 'violation':
      return { status: 400, message: wordsOf(fact) }
    case 'too-large':
      return {
        status: 413,
        message: `Maximum content size limit (${fact.limit}) exceeded (${fact.size} bytes read)`,
      }
  }
}
