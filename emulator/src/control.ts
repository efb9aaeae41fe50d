import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FaultOrder, FaultQueue } from './faults.ts'
import { parseBody, readBytes } from './http/body.ts'
import { sendJson } from './http/send.ts'
import type { Ledger } from './ledger.ts'
import { badRequest, refuse } from './openai/errors.ts'
import { Problem } from './refusal.ts'

export interface Controlled {
  faults: FaultQueue
  ledger: Ledger
  reset(): void
}

async function addFault(request: IncomingMessage, { faults }: Controlled): Promise<unknown> {
  const { json } = await parseBody(request, await readBytes(request), ['application/json'])
  try {
    // The queue checks what it is given.
    faults.add(json as unknown as FaultOrder)
  } catch (error) {
    if (error instanceof TypeError) throw badRequest(error.message, 'fault')
    throw error
  }
  return { faults: faults.list() }
}

type Action = (request: IncomingMessage, controlled: Controlled) => unknown

const ACTIONS: Readonly<Record<string, Action>> = {
  'GET /_emulator/faults': (_request, { faults }) => ({ faults: faults.list() }),
  'POST /_emulator/faults': addFault,
  'DELETE /_emulator/faults': (_request, { faults }) => {
    faults.clear()
    return { faults: [] }
  },
  'GET /_emulator/requests': (_request, { ledger }) => ({ requests: ledger.requests(), aborted: ledger.aborted() }),
  'GET /_emulator/leaks': (_request, { ledger }) => ({ leaks: ledger.leaks() }),
  'GET /_emulator/bill': (_request, { ledger }) => ledger.bill(),
  'DELETE /_emulator': (_request, controlled) => {
    controlled.reset()
    return { reset: true }
  },
}

/**
 * Steers the emulator from outside its process: faults, records, bill, reset.
 *
 * @throws ApiError
 */
export async function control(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  controlled: Controlled,
): Promise<void> {
  const action = ACTIONS[`${request.method} ${path}`]
  try {
    if (!action) throw new Problem({ kind: 'unknown-route', method: request.method ?? '', path })
    sendJson(response, 200, {}, await action(request, controlled))
  } catch (error) {
    throw error instanceof Problem ? refuse(error.fact) : error
  }
}
