import { Liquid, LiquidError } from 'liquidjs'
import type { VariableValues } from './variables.ts'

const PARSE_CHARACTERS = 50_000
/** Tags, outputs and pieces of text that one rendering may have; its time is limited only in case that does not help. */
const RENDER_STEPS = 20_000
const RENDER_MS = 2_000
/** Characters and entries that one rendering may make. */
const RENDER_MEMORY = 500_000
const RENDERED_CHARACTERS = 100_000
/** Tags that would read other templates, or that mean nothing without them. */
const WITHOUT = ['include', 'render', 'layout', 'block']

const nothing = {
  exists: async () => false,
  existsSync: () => false,
  readFile: async (): Promise<string> => Promise.reject(new Error('there are no files')),
  readFileSync: (): string => {
    throw new Error('there are no files')
  },
  resolve: (_dir: string, file: string) => file,
}

/** Liquid without files, and in no language or time zone of the machine: the same values give the same words. */
const engine = new Liquid({
  fs: nothing,
  relativeReference: false,
  dynamicPartials: false,
  strictVariables: true,
  strictFilters: true,
  lenientIf: true,
  ownPropertyOnly: true,
  timezoneOffset: 0,
  locale: 'en-US',
  parseLimit: PARSE_CHARACTERS,
  renderLimit: RENDER_MS,
  memoryLimit: RENDER_MEMORY,
})
for (const tag of WITHOUT) delete engine.tags[tag]

/** What is wrong with a text of a template; the message reads on after the path of the field. */
export class LiquidProblem extends Error {
  override readonly name = 'LiquidProblem'
}

const reasonOf = (error: unknown): string => {
  if (!LiquidError.is(error)) return error instanceof Error ? error.message : String(error)
  const [reason = ''] = error.message.split('\n')
  return reason.replace(/, file:\S*/, '')
}

const guarded = <T>(doing: string, act: () => T): T => {
  try {
    return act()
  } catch (error) {
    if (error instanceof LiquidProblem) throw error
    throw new LiquidProblem(`${doing}: ${reasonOf(error)}`)
  }
}

/** The variables that a text names and does not make itself. @throws LiquidProblem */
export const variablesOf = (source: string): string[] =>
  guarded('is not valid Liquid', () => engine.globalVariablesSync(engine.parse(source), { partials: false }))

/** @throws LiquidProblem */
export function renderText(source: string, values: VariableValues): string {
  if (!source.includes('{')) return source
  return guarded('cannot be rendered', () => {
    const text = String(engine.renderSync(engine.parse(source), { ...values }, { templateLimit: RENDER_STEPS }))
    if (text.length > RENDERED_CHARACTERS) {
      throw new LiquidProblem(`becomes longer than ${RENDERED_CHARACTERS} characters`)
    }
    return text
  })
}

const ALONE = /^\s*\{\{-?\s*([A-Za-z][A-Za-z0-9_]*)\s*-?\}\}\s*$/

/** Like a text, but a lone variable keeps the type of its value. @throws LiquidProblem */
export function renderValue(source: string, values: VariableValues): string | number | boolean | null {
  const [, name] = ALONE.exec(source) ?? []
  return name !== undefined && Object.hasOwn(values, name) ? values[name]! : renderText(source, values)
}
