import type { Connection, Transport, TransportRequest, TransportResponse } from 'turnout/src/core/adapter.ts'

/** What a provider answers. */
export interface Answer {
  headers: Record<string, string>
  /** As the network would have cut it. */
  pieces: readonly Buffer[]
}

/** Pieces that are there already: one promise for each, which is the least that a stream costs. */
function inTurn(pieces: readonly Buffer[]): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      let next = 0
      return {
        next: (): Promise<IteratorResult<Uint8Array>> => {
          const value = pieces[next++]
          return Promise.resolve(value === undefined ? { done: true, value } : { done: false, value })
        },
        return: () => {
          next = pieces.length
          return Promise.resolve({ done: true as const, value: undefined })
        },
      }
    },
  }
}

function responseOf({ headers, pieces }: Answer): TransportResponse {
  const text = async () => (pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)).toString('utf8')
  return { status: 200, headers, body: inTurn(pieces), text, json: async () => JSON.parse(await text()) as unknown }
}

/** A provider without a network: it answers at once and always the same. */
export class Memory {
  readonly #answer: (url: string) => Answer
  /** The last request. */
  sent: (TransportRequest & { url: string }) | undefined

  constructor(answer: (url: string) => Answer) {
    this.#answer = answer
  }

  readonly transport: Transport = (url, request) => {
    this.sent = { ...request, url }
    return Promise.resolve(responseOf(this.#answer(url)))
  }
}

/** Where a provider is, and what opens it. */
export type Access = Pick<Connection, 'provider' | 'baseUrl' | 'credential'> &
  Partial<Pick<Connection, 'region' | 'settings'>>

const NOTHING = {}

/** A connection as the gateway makes one for a call. */
export const connect = (access: Access, transport: Transport, signal: AbortSignal): Connection => ({
  settings: NOTHING,
  headers: NOTHING,
  flags: NOTHING,
  ...access,
  transport,
  signal,
})
