/** Neither null nor a list nor a plain value. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Fields without those that are there but say nothing, so that a default under them shows. */
export function defined<T extends object>(fields: T): { [Field in keyof T]?: NonNullable<T[Field]> } {
  const set: Partial<T> = {}
  for (const name of Object.keys(fields) as (keyof T)[]) if (fields[name] !== undefined) set[name] = fields[name]
  return set as { [Field in keyof T]?: NonNullable<T[Field]> }
}

/** Fields of which at least one says something; else undefined. */
export function filled(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  for (const name in fields) if (fields[name] !== undefined) return fields
  return undefined
}

/** Neither absent nor an empty list. */
export const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0)
