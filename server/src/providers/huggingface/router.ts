import type { Connection, TransportRequest, TransportResponse } from '../../core/adapter.ts'
import { exchange } from '../shared/exchange.ts'
import type { ErrorReader } from '../shared/failure.ts'
import { huggingFaceError } from './errors.ts'

/** The address of the router without the version that its chat API has. */
export const routerOf = ({ baseUrl }: Pick<Connection, 'baseUrl'>): string => baseUrl.replace(/\/v1$/, '')

/** A connection to the router's chat API, whichever of the two addresses is configured. */
export const versioned = <C extends Pick<Connection, 'baseUrl'>>(connection: C): C => ({
  ...connection,
  baseUrl: `${routerOf(connection)}/v1`,
})

const ROUTER_HOST = 'router.huggingface.co'

/**
 * Where models are described: the Hub of the same owner, or the setting
 * `hubUrl`; of any other router, its own address, so that the credential goes
 * nowhere else.
 */
export function hubOf({ baseUrl, settings }: Pick<Connection, 'baseUrl' | 'settings'>): string {
  if (typeof settings.hubUrl === 'string') return settings.hubUrl.replace(/\/$/, '')
  return new URL(baseUrl).host === ROUTER_HOST ? 'https://huggingface.co' : routerOf({ baseUrl })
}

export const credentialOf = ({ credential }: Pick<Connection, 'credential'>): Record<string, string> =>
  credential === undefined ? {} : { authorization: `Bearer ${credential}` }

/** One exchange with a provider behind the router; `path` begins with its name. */
export const routed = (
  path: string,
  request: Omit<TransportRequest, 'signal'>,
  connection: Connection,
  readError: ErrorReader = huggingFaceError,
): Promise<TransportResponse> =>
  exchange(
    `${routerOf(connection)}/${path}`,
    { ...request, headers: { ...credentialOf(connection), ...request.headers } },
    connection,
    readError,
  )
