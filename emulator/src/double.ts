import type { IncomingHttpHeaders } from 'node:http'
import type { Fact, Refusal } from './refusal.ts'
import type { Charge, Handler, JsonObject, Operation, StreamEvent } from './types.ts'

export interface Route {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Below the mount path. `{name}` is one segment or a part of one, `{name+}` reaches over slashes. */
  path: string
  operation: Operation
  /** Content types of the body, `*` for any; none where the request has no body. */
  accepts: readonly string[]
  /** Largest body in bytes; 50 MiB of JSON or 200 MiB of a form unless said otherwise. */
  maxBytes?: number
  handler: Handler
}

/** A request as authentication sees it. */
export interface Knock {
  method: string
  /** The path and query as they were sent. */
  url: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** What the emulator accepts. */
export interface Accepted {
  /** Accepted credentials; undefined accepts any that is not empty. */
  credentials: ReadonlySet<string> | undefined
  /** The secret that AWS signatures are checked against; undefined checks only their form. */
  awsSecret: string | undefined
}

/** What an answer's headers may tell. */
export interface Served {
  durationMs: number
  charge: Charge | undefined
}

/** One provider's half of the wire: one folder, one of these. */
export interface ProviderDouble {
  id: string
  /** First segment of its paths: `/v1` for OpenAI, `/{id}` for all others. */
  mount: string
  routes: readonly Route[]
  /** @throws Refusal the provider's own answer to a credential that is missing or wrong. */
  authenticate(knock: Knock, accepted: Accepted): void
  /** The provider's answer to a request that fails before its operation. */
  refuse(fact: Fact): Refusal
  /** The error that a fault of kind `status` without a body answers with; undefined for what a proxy would say. */
  statusError(status: number): Refusal | undefined
  /** The provider's error inside a stream; its data is also the body of a 200 that is an error. */
  errorEvent(error?: JsonObject): StreamEvent
  /** Headers of every answer, with a fresh request id. */
  headers(served: Served): Record<string, string>
  /** A body or an event without its usage, in a copy; the data itself where it has none. */
  withoutUsage(data: JsonObject): JsonObject
  /** A buffered body without its finish reason, in a copy. */
  withoutFinish(data: JsonObject): JsonObject
}
