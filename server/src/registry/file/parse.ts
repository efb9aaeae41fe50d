import { Configuration } from '@turnout/contract'
import { LineCounter, parseDocument } from 'yaml'
import { addressProblem } from '../address.ts'
import { GENERIC_PROVIDER } from '../generic.ts'
import type { Problem } from '../types.ts'
import { type FieldIssue, formatPath, validate } from './issues.ts'
import { circularLine, lineOf } from './locate.ts'
import { syntaxMessage } from './syntax.ts'

/** What a file may refer to that stands elsewhere. */
export interface KnownNames {
  /** Ids of the presets. */
  providers: ReadonlySet<string>
  adapters: ReadonlySet<string>
}

/** A valid file. */
export interface ParsedFile {
  configuration: Configuration
  /** `turnout.yaml:12 models[0].provider` for the path of a field. */
  where(path: readonly PropertyKey[]): string
}

/** The configuration in the text, or everything that is wrong with it. */
export function parseConfiguration(
  text: string,
  fileName: string,
  known: KnownNames,
): { ok: true; file: ParsedFile } | { ok: false; problems: Problem[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const at = (line: number, path: readonly PropertyKey[] = []) => `${fileName}:${line} ${formatPath(path)}`.trimEnd()
  const where = (path: readonly PropertyKey[]) => at(lineOf(document, lines, path), path)
  const fail = (problems: Omit<Problem, 'layer'>[]) => ({
    ok: false as const,
    problems: problems.map((problem): Problem => ({ layer: 'file', ...problem })),
  })

  if (document.errors.length > 0) {
    return fail(
      document.errors.map(({ code, pos }) => ({ where: at(lines.linePos(pos[0]).line), message: syntaxMessage(code) })),
    )
  }
  const circular = circularLine(document, lines)
  if (circular !== undefined) {
    return fail([{ where: at(circular), message: 'an alias (*name) stands inside what it refers to' }])
  }
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: 100 })
  } catch {
    return fail([{ where: at(1), message: 'not valid YAML: too many aliases, or one that refers to nothing' }])
  }
  const checked = validate(Configuration, withoutEmptySections(content))
  const issues = checked.ok ? check(checked.value, known) : checked.issues
  if (!checked.ok || issues.length > 0) {
    const inOrder = issues
      .map(({ path, message }) => ({ line: lineOf(document, lines, path), path, message }))
      .sort((a, b) => a.line - b.line)
    return fail(inOrder.map(({ line, path, message }) => ({ where: at(line, path), message })))
  }
  return { ok: true, file: { configuration: checked.value, where } }
}

/** What a file without any content says. */
export const emptyFile = (): ParsedFile => ({ configuration: Configuration.parse({}), where: formatPath })

/** A section whose lines are all commented out is the same as none; so is an empty file. */
function withoutEmptySections(content: unknown): unknown {
  if (content === null || content === undefined) return {}
  if (typeof content !== 'object' || Array.isArray(content)) return content
  return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== null))
}

/** What a schema cannot see: whether the names that are used exist. */
function check({ providers, models }: Configuration, known: KnownNames): FieldIssue[] {
  const issues: FieldIssue[] = []
  const all = new Set([...known.providers, GENERIC_PROVIDER, ...Object.keys(providers)])
  for (const [id, { adapter, baseUrl }] of Object.entries(providers)) {
    checkAddress(['providers', id, 'baseUrl'], baseUrl, issues)
    if (!known.providers.has(id) && baseUrl === undefined) {
      issues.push({
        path: ['providers', id, 'baseUrl'],
        message: `must be given, because the provider is none of those whose address is known: ${[...known.providers].join(', ')}`,
      })
    }
    if (adapter !== undefined && !known.adapters.has(adapter)) {
      issues.push({
        path: ['providers', id, 'adapter'],
        message: `must be one of ${[...known.adapters].sort().join(', ')}`,
      })
    }
  }
  for (const [index, { provider, baseUrl }] of models.entries()) {
    checkAddress(['models', index, 'baseUrl'], baseUrl, issues)
    if (provider === undefined || all.has(provider)) continue
    issues.push({
      path: ['models', index, 'provider'],
      message: `must be one of ${[...all].join(', ')}, or be described under providers`,
    })
  }
  return issues
}

function checkAddress(path: readonly PropertyKey[], baseUrl: string | undefined, issues: FieldIssue[]): void {
  const message = baseUrl === undefined ? undefined : addressProblem(baseUrl)
  if (message !== undefined) issues.push({ path, message })
}
