import { type Environment, read } from './read.ts'

/** MODEL_COUNT may not be larger than this. */
const MAX_MODELS = 10_000

const FIELDS = '(?:NAME|KEY|PROVIDER|ID|BASE_URL|REGION)'
const NUMBERED = new RegExp(`^MODEL_([1-9]\\d{0,5})_${FIELDS}$`)
const MISNUMBERED = new RegExp(`^MODEL_0\\d*_${FIELDS}$`)

type Report = (where: string, message: string) => void

/** Which n of MODEL_n_* to read. */
interface ModelCount {
  /** Those with a MODEL_n_NAME that is not blank, in order. */
  indexes: number[]
  /** The largest n that may be meant: MODEL_COUNT, or the last one found. */
  highest: number
}

/** Some names and how many more there are. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ')
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown
}

/** The n of all MODEL_n_* variables that are set, in order, each with one of its variables. */
function scan(env: Environment, report: Report): [index: number, variable: string][] {
  const found = new Map<number, string>()
  for (const name of Object.keys(env).sort()) {
    if (env[name] === undefined) continue
    const digits = NUMBERED.exec(name)?.[1]
    if (digits !== undefined) found.set(Number(digits), found.get(Number(digits)) ?? name)
    else if (MISNUMBERED.test(name)) report(name, 'is ignored: n starts at 1 and has no leading zeros.')
  }
  return [...found].sort(([a], [b]) => a - b)
}

/** Compares MODEL_COUNT with the variables there are. Where it is of no use, all of them are read. */
export function countModels(env: Environment, report: Report): ModelCount {
  const found = scan(env, report)
  const text = read(env, 'MODEL_COUNT')
  const valid = text !== undefined && /^\d{1,9}$/.test(text) && Number(text) <= MAX_MODELS
  const count = valid ? Number(text) : undefined
  const within = found.filter(([index]) => count === undefined || index <= count)

  const indexes: number[] = []
  for (const [index, variable] of within) {
    const name = `MODEL_${index}_NAME`
    if (read(env, name) !== undefined) indexes.push(index)
    else if (env[name] !== undefined) report(name, 'is blank. The model is skipped.')
    else report(name, `is not set, though ${variable} is. The model is skipped.`)
  }
  const last = indexes.at(-1) ?? 0

  if (count !== undefined) reportMismatch(count, found, report)
  else if (text !== undefined) {
    report('MODEL_COUNT', `must be a whole number from 0 to ${MAX_MODELS}. All MODEL_n_NAME that are set are loaded.`)
  } else if (last > 0) {
    report('MODEL_COUNT', `is not set: set it to ${last}. All MODEL_n_NAME that are set are loaded.`)
  }
  return { indexes, highest: count ?? last }
}

function reportMismatch(count: number, found: readonly [number, string][], report: Report): void {
  const beyond = found.filter(([index]) => index > count)
  if (beyond.length > 0) {
    const names = list(beyond.map(([, variable]) => variable))
    report('MODEL_COUNT', `is ${count}, so these are ignored: ${names}. Raise MODEL_COUNT to ${beyond.at(-1)?.[0]}.`)
  }
  const configured = new Set(found.map(([index]) => index))
  const numbers = Array.from({ length: count }, (_, offset) => offset + 1)
  const missing = numbers.filter((index) => !configured.has(index)).map((index) => `MODEL_${index}_NAME`)
  if (missing.length > 0) {
    report('MODEL_COUNT', `is ${count}, but these are not set: ${list(missing)}. Set them or correct MODEL_COUNT.`)
  }
}
