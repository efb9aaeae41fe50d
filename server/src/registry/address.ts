/** What is wrong with a valid URL as the address of a server; it reads on after the name of a field. */
export function addressProblem(url: string): string | undefined {
  const { username, password } = new URL(url)
  if (username !== '' || password !== '') {
    return 'must not hold a user name or password: addresses are shown and logged'
  }
  return /[?#]/.test(url) ? 'must not have a query or a fragment: it is what paths are added to' : undefined
}
