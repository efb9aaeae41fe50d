const KEY = /^[a-z0-9][a-z0-9._-]{0,100}(?:\/[a-z0-9][a-z0-9._-]{0,100}){0,8}$/

/** @throws RangeError for what is not the key of an artifact, so that none leads out of its place */
export function requireKey(key: string): string {
  if (!KEY.test(key)) throw new RangeError(`not the key of an artifact: ${JSON.stringify(key)}`)
  return key
}

/** @throws RangeError */
export function requirePrefix(prefix: string): string {
  if (!prefix.endsWith('/')) throw new RangeError(`not a prefix of keys: ${JSON.stringify(prefix)}`)
  requireKey(prefix.slice(0, -1))
  return prefix
}
