import type { Route } from '../double.ts'
import type { Refusal } from '../refusal.ts'
import type { Answer, Call, JsonObject, StreamEvent } from '../types.ts'
import { ApiError } from './errors.ts'

/** Where a provider's version of OpenAI's protocol differs from it. */
export interface Dialect {
  /** OpenAI's error as the provider words it. */
  reword(error: ApiError): Refusal
  /** The request as OpenAI would get it: fields of the provider's own are checked and taken out. */
  prepare?(body: JsonObject): JsonObject
  /** The error inside a stream, where it is not the provider's usual one. */
  errorEvent?(error?: JsonObject): StreamEvent
}

/** Compatible routes in the dialect of a provider. */
export function inDialect(routes: readonly Route[], { reword, prepare, errorEvent }: Dialect): Route[] {
  return routes.map((route) => ({
    ...route,
    handler: async (call, world): Promise<Answer> => {
      const own: Call = call.json && prepare ? { ...call, json: prepare(call.json) } : call
      try {
        const answer = await route.handler(own, world)
        return answer.streamed && errorEvent ? { ...answer, errorEvent } : answer
      } catch (error) {
        throw error instanceof ApiError ? reword(error) : error
      }
    },
  }))
}
