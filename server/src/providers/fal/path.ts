import { TurnoutError } from '../../core/error.ts'
import { memoised } from '../../lib/memoised.ts'

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
