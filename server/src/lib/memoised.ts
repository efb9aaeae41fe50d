/**
 * A function of a name that remembers what it has made. Names may come from
 * clients, so all is forgotten when there are too many.
 *
 * @param make Depends on the name alone; what it makes is shared and must not be changed
 */
export function memoised<Made extends object | string | boolean>(
  make: (name: string) => Made,
  most = 500,
): (name: string) => Made {
  const known = new Map<string, Made>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const made = make(name)
    if (known.size >= most) known.clear()
    known.set(name, made)
    return made
  }
}
