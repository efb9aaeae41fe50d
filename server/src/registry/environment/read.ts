/** Such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The value of a variable without the space around it; undefined where it is not set or blank. */
export function read(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name]?.trim() || undefined : undefined
}

/** An address from a variable: a value without a trailing slash, or what is wrong with it; neither where it is not set. */
export function parseBaseUrl(env: Environment, name: string): { value?: string; problem?: string } {
  const text = read(env, name)
  if (text === undefined) return {}
  const url = URL.parse(text)
  if (!url || !['http:', 'https:'].includes(url.protocol) || !/^https?:\/\//i.test(text)) {
    return { problem: 'must be an address that starts with http:// or https://.' }
  }
  // Addresses are shown and logged; secrets are not.
  if (url.username || url.password) return { problem: 'must not contain a user name or password.' }
  if (/[?#]/.test(text)) return { problem: 'must not have a query or a fragment.' }
  return { value: text.replace(/\/+$/, '') }
}
