/** Says of each setting that was asked for and is not there that it was left out. */
export function warnOf<Call extends object>(
  call: Call,
  settings: readonly (keyof Call & string)[],
  model: string,
): string[] {
  return settings
    .filter((setting) => {
      const value: unknown = call[setting]
      return value !== undefined && !(Array.isArray(value) && value.length === 0)
    })
    .map((setting) => `${model} does not take ${setting}; it was left out.`)
}
