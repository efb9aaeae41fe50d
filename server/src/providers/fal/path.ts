import { TurnoutError } from '../../core/error.ts'
import { memoised } from '../../lib/memoised.ts'

/** Spaces of fal in which an id has one part more. Source: @fal-ai/client 1.10.1, `parseEndpointId`. */
const SPACES: ReadonlySet<string> = new Set(['workflows', 'comfy'])

/** What the URLs of a request say of its endpoint: owner and app, without the rest of the path. */
export const appPath = (id: string): string => {
  const parts = asPath(id).split('/')
  return parts.slice(0, SPACES.has(parts[0]!) ? 3 : 2).join('/')
}

/**
 * An id such as `fal-ai/flux/dev` as it may stand in a path.
 *
 * @throws TurnoutError model_not_found for one that would lead elsewhere
 */
export const asPath = memoised((id): string => {
  const segments = id.split('/')
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) {
    throw new TurnoutError('model_not_found', `${id} cannot be the id of a model.`, { delivered: false })
  }
  return segments.map(encodeURIComponent).join('/')
})
