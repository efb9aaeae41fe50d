import type { ProviderDouble, Route } from './double.ts'

interface Compiled {
  route: Route
  pattern: RegExp
}

export interface Found {
  double: ProviderDouble
  /** The routes of other methods are told apart from unknown paths; undefined where no path fits. */
  route: Route | undefined
  pathKnown: boolean
  params: Record<string, string>
}

function compile(path: string): RegExp {
  const source = path
    .split(/(\{\w+\+?\})/)
    .map((part) => {
      const name = /^\{(\w+)(\+?)\}$/.exec(part)
      if (!name) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      return `(?<${name[1]}>${name[2] === '+' ? '.+?' : '[^/]+?'})`
    })
    .join('')
  return new RegExp(`^${source}$`)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Finds the provider and the route of a path. Paths of nobody belong to the first double. */
export class Router {
  readonly #doubles: readonly ProviderDouble[]
  readonly #routes = new Map<ProviderDouble, Compiled[]>()

  constructor(doubles: readonly [ProviderDouble, ...ProviderDouble[]]) {
    this.#doubles = doubles
    for (const double of doubles) {
      this.#routes.set(
        double,
        double.routes.map((route) => ({ route, pattern: compile(route.path) })),
      )
    }
  }

  find(method: string, path: string): Found {
    const double =
      this.#doubles.find(({ mount }) => path === mount || path.startsWith(`${mount}/`)) ??
      (this.#doubles[0] as ProviderDouble)
    const below = path.slice(double.mount.length)
    let pathKnown = false
    for (const { route, pattern } of path.startsWith(double.mount) ? (this.#routes.get(double) ?? []) : []) {
      const match = pattern.exec(below)
      if (!match) continue
      pathKnown = true
      if (route.method !== method) continue
      const groups = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decoded(value)])
      return { double, route, pathKnown, params: Object.fromEntries(groups) }
    }
    return { double, route: undefined, pathKnown, params: {} }
  }
}
