/** A schema that no value of reasonable size satisfies, or that asks for more than the generator can do. */
export class UnsatisfiableError extends Error {
  override readonly name = 'UnsatisfiableError'
}
