import type { Connection, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import type { Media } from '../../core/media.ts'
import { isReadable, refusalOf } from '../shared/failure.ts'
import type { Door } from './door.ts'
import { googleError } from './errors.ts'

/** From the answer to the file there are one or two. */
const MOST_REDIRECTS = 3

const isOurs = (url: URL, { baseUrl }: Connection): boolean => url.origin === new URL(baseUrl).origin

const isGoogleApi = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' && hostname.endsWith('.googleapis.com')

/** Hosts of files, to which an address that Google gives out may lead; they need no credential. */
const isFileHost = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' && hostname.endsWith('.googleusercontent.com')

/**
 * Fetches an output that only the credential opens. Its address comes from
 * the provider, so only Google's hosts and the configured one are asked at
 * all, and the credential goes to the configured origin alone, or, where that
 * is Google's, to Google's other API hosts. Google answers with a redirect to
 * where the file is.
 *
 * @throws TurnoutError invalid_output for an address elsewhere
 */
export async function openSealed(door: Door, media: Media, connection: Connection): Promise<TransportResponse> {
  const { headers } = await door.enter(connection)
  const isGoogles = isGoogleApi(new URL(connection.baseUrl))
  let url = media.url
  for (let redirects = 0; ; redirects += 1) {
    const target = URL.canParse(url ?? '') ? new URL(url!) : undefined
    if (target === undefined || !(isOurs(target, connection) || isGoogleApi(target) || isFileHost(target))) {
      throw new TurnoutError('invalid_output', `${connection.provider} named a file that is not on its own hosts.`, {
        provider: connection.provider,
        retryable: false,
      })
    }
    const response = await connection.transport(target.href, {
      method: 'GET',
      headers: isOurs(target, connection)
        ? { ...headers, ...connection.headers }
        : isGoogles && isGoogleApi(target)
          ? headers
          : {},
      signal: connection.signal,
    })
    const { location } = response.headers
    const isRedirect = response.status >= 300 && response.status < 400 && location !== undefined
    if (!isRedirect || redirects === MOST_REDIRECTS || !URL.canParse(location, target.href)) {
      if (!isReadable(response)) throw await refusalOf(response, connection.provider, googleError)
      return response
    }
    await response.text()
    url = new URL(location, target).href
  }
}
