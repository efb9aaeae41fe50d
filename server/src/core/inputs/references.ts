import type { Picture } from '../text.ts'
import type { MediaRequest } from './types.ts'

/** A picture as a field takes it that wants a URL. */
const urlOf = (picture: Picture): string =>
  'url' in picture ? picture.url : `data:${picture.mediaType};base64,${picture.base64}`

/** Puts a value where a path leads to, without touching what it was given. */
function placed(target: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(target)) {
    return target.map((each: unknown, index) => (index === key ? placed(each, rest, value) : each))
  }
  const object = target as Readonly<Record<string, unknown>>
  return { ...object, [key]: placed(object[key], rest, value) }
}

/**
 * The request with what its references lead to, in their order: a URL that the
 * provider can fetch, or bytes. Settings take either as it is; inputs in the
 * provider's own words take a URL, so that bytes become a data URL there.
 */
export function withMedia<Request extends MediaRequest>(read: Request, found: readonly Picture[]): Request {
  let { request }: { request: unknown } = read
  for (const [index, { at }] of read.references.entries()) {
    const picture = found[index]!
    const asPicture = at[0] === 'pictures' || at[0] === 'mask' || at[0] === 'lastFrame'
    request = placed(request, at, asPicture ? picture : urlOf(picture))
  }
  return { ...read, request } as Request
}
