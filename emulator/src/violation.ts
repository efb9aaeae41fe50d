/** Where a value breaks its shape, and how. */
export interface Violation {
  path: readonly (string | number)[]
  issue:
    | { is: 'unknown' | 'missing' | 'pattern' }
    | { is: 'type'; expected: string }
    | { is: 'value'; values: readonly string[] }
    | { is: 'below' | 'above' | 'short' | 'long'; bound: number }
    /** Not exactly one of these fields. */
    | { is: 'union'; fields: readonly string[] }
  value: unknown
}

type Path = Violation['path']

/** `messages.0.content` */
export function dotted(path: Path): string {
  return path.join('.')
}

/** `messages[0].content` */
export function bracketed(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  )
}

/** An English sentence about a violation without the provider's own style. */
export function wordsOf({ path, issue, value }: Violation): string {
  const at = bracketed(path)
  switch (issue.is) {
    case 'unknown':
      return `${at}: unknown field.`
    case 'missing':
      return `${at}: field required.`
    case 'pattern':
      return `${at}: the value has the wrong form.`
    case 'type':
      return `${at}: expected ${issue.expected}.`
    case 'value':
      return `${at}: '${String(value)}' is not one of ${issue.values.join(', ')}.`
    case 'below':
      return `${at}: must be at least ${issue.bound}.`
    case 'above':
      return `${at}: must be at most ${issue.bound}.`
    case 'short':
      return `${at}: must have at least ${issue.bound} elements or characters.`
    case 'long':
      return `${at}: must have at most ${issue.bound} elements or characters.`
    case 'union':
      return `${at}: exactly one of ${issue.fields.join(', ')} must be set.`
  }
}
