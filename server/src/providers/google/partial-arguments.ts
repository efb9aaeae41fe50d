import { isObject } from '../../lib/objects.ts'

type Container = Record<string, unknown> | unknown[]

/** `.name`, `[3]` or `['name']` of a path such as `$.recipe.steps[0]`. */
const STEP = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]/gy

function stepsOf(path: string): (string | number)[] | undefined {
  if (!path.startsWith('$')) return undefined
  const steps: (string | number)[] = []
  STEP.lastIndex = 1
  for (let at = 1; at < path.length; at = STEP.lastIndex) {
    const step = STEP.exec(path)
    if (step === null) return undefined
    steps.push(step[2] === undefined ? (step[1] ?? step[3]!.replace(/\\(.)/g, '$1')) : Number(step[2]))
  }
  return steps
}

function readValue(part: Readonly<Record<string, unknown>>): unknown {
  for (const kind of ['stringValue', 'numberValue', 'boolValue']) if (part[kind] !== undefined) return part[kind]
  return null
}

/** Without a prototype: a name that a model makes up must be nothing but a name. */
const emptyObject = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>

/**
 * The arguments of a tool call that come value by value, each under its path;
 * a string may come in several pieces. Vertex AI sends them so where
 * `streamFunctionCallArguments` is asked for.
 * Source: Vertex AI API reference, PartialArg, read November 2026.
 */
export class PartialArguments {
  readonly #root = emptyObject()

  /** False where the piece has no place: a path that cannot be read, or that leaves a gap in a list. */
  add(piece: unknown): boolean {
    if (!isObject(piece) || typeof piece.jsonPath !== 'string') return false
    const steps = stepsOf(piece.jsonPath)
    const last = steps?.pop()
    if (steps === undefined || last === undefined) return false
    let place: Container = this.#root
    for (const [i, step] of steps.entries()) {
      const next = steps[i + 1] ?? last
      const inner = this.#enter(place, step, typeof next === 'number')
      if (inner === undefined) return false
      place = inner
    }
    const value = readValue(piece)
    const before = get(place, last)
    return put(place, last, typeof before === 'string' && typeof value === 'string' ? before + value : value)
  }

  /** As JSON text. */
  toString(): string {
    return JSON.stringify(this.#root)
  }

  #enter(place: Container, step: string | number, isList: boolean): Container | undefined {
    const present = get(place, step)
    if (typeof present === 'object' && present !== null) return present as Container
    const fresh: Container = isList ? [] : emptyObject()
    return put(place, step, fresh) ? fresh : undefined
  }
}

const get = (place: Container, step: string | number): unknown =>
  Array.isArray(place) ? place[Number(step)] : place[step]

function put(place: Container, step: string | number, value: unknown): boolean {
  if (!Array.isArray(place)) place[step] = value
  else if (typeof step === 'number' && step <= place.length) place[step] = value
  else return false
  return true
}
