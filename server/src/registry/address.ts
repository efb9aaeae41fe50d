export const NO_USER_INFO = 'must not hold a user name or password: addresses are shown and logged'

/** Whether a valid URL carries a secret of the form `user:password@`. */
export function hasUserInfo(url: string): boolean {
  const { username, password } = new URL(url)
  return username !== '' || password !== ''
}
