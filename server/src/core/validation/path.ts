/** A step into a value: a name, a position, or `null` for every entry of a list. */
type Step = string | number | null

/** The steps of a path such as `sections[0].heading` or `items[].price`; the contract has checked its form. */
const stepsOf = (path: string): Step[] =>
  [...path.matchAll(/\[(\d*)\]|[^.[\]]+/g)].map(([name, position]) => {
    if (position === undefined) return name
    return position === '' ? null : Number(position)
  })

const written = (steps: readonly Step[]): string =>
  steps
    .map((step) => (typeof step === 'string' ? `.${step}` : `[${step ?? ''}]`))
    .join('')
    .replace(/^\./, '')

function entryOf(value: unknown, step: string | number): unknown {
  const isOfKind = Array.isArray(value) ? typeof step === 'number' : typeof step === 'string'
  return isOfKind && Object.hasOwn(value as object, step) ? (value as Record<string, unknown>)[step] : undefined
}

function find(value: unknown, steps: readonly Step[], at: number, missing: string[]): void {
  if (value === undefined || value === null) {
    missing.push(written(steps.slice(0, at)))
    return
  }
  const step = steps[at]
  if (step === undefined) return
  if (step !== null) find(entryOf(value, step), steps, at + 1, missing)
  else if (!Array.isArray(value)) missing.push(written(steps.slice(0, at + 1)))
  else for (const [index, entry] of value.entries()) find(entry, steps.with(at, index), at + 1, missing)
}

/**
 * The places of a path at which a value has nothing, or null. Where a part of
 * the way is missing, that part is named. A list without entries lacks nothing.
 */
export function missingAt(value: unknown, path: string): string[] {
  const missing: string[] = []
  find(value, stepsOf(path), 0, missing)
  return missing
}
