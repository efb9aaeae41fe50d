import type { FinishReason, Validation, ValidationRule } from '@turnout/contract'
import { compileSchema } from '../structured/schema.ts'
import { missingAt } from './path.ts'
import { matches } from './pattern.ts'

/** What an answer fails by. */
export interface Finding {
  rule: ValidationRule
  /** Reads on after "The answer". */
  reason: string
}

/** A whole answer, as far as it is judged. */
export interface JudgedText {
  text: string
  reason: FinishReason
  /** It asks for tools: what it says is not the last word. */
  callsTools: boolean
  /** The model declines in a field of its own, instead of answering. */
  refuses?: boolean
}

/** So many places are named of one field. */
const NAMED = 3

/** Characters as people count them, or near enough: code points. */
function lengthOf(text: string): number {
  let length = 0
  for (let at = 0; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) length += 1
  return length
}

/** Whether an answer must be JSON to pass. */
export const wantsJson = ({ schema, required }: Validation): boolean => schema !== undefined || required !== undefined

function fieldFindings(value: unknown, required: readonly string[]): Finding[] {
  return required.flatMap((path): Finding[] => {
    const missing = missingAt(value, path)
    if (missing.length === 0) return []
    const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : ''
    const places = `${missing.slice(0, NAMED).join(', ') || 'everything'}${more}`
    return [{ rule: 'field', reason: `lacks ${places}` }]
  })
}

function jsonFindings(text: string, { schema, required = [] }: Validation): Finding[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return [{ rule: 'structure', reason: 'is not JSON' }]
  }
  const findings = fieldFindings(value, required)
  if (schema === undefined) return findings
  const compiled = compileSchema(schema)
  const problem = 'check' in compiled ? compiled.check(value) : compiled.obstacle
  if (problem) findings.push({ rule: 'structure', reason: `does not fit its JSON Schema: ${problem}` })
  return findings
}

function textFindings(text: string, { minLength, maxLength, pattern }: Validation): Finding[] {
  const findings: Finding[] = []
  const length = minLength === undefined && maxLength === undefined ? 0 : lengthOf(text)
  if (minLength !== undefined && length < minLength) {
    findings.push({ rule: 'length', reason: `has ${length} characters, fewer than ${minLength}` })
  }
  if (maxLength !== undefined && length > maxLength) {
    findings.push({ rule: 'length', reason: `has ${length} characters, more than ${maxLength}` })
  }
  const isMatch = pattern === undefined || matches(pattern, text)
  if (isMatch === true) return findings
  const reason =
    isMatch === false
      ? `does not match ${JSON.stringify(pattern)}`
      : `cannot be matched in time with ${JSON.stringify(pattern)}`
  findings.push({ rule: 'pattern', reason })
  return findings
}

/** Whether there is an answer to be judged at all: what asks for tools is not, nor what was withheld or refused. */
export const isJudged = ({ reason, callsTools, refuses }: JudgedText): boolean =>
  !callsTools && reason !== 'tool-calls' && reason !== 'content-filter' && refuses !== true

/** Whether an answer ended as answers do, and says nothing at all. */
export const saysNothing = ({ text, reason, callsTools, refuses }: JudgedText): boolean =>
  reason === 'stop' && !callsTools && refuses !== true && text.trim() === ''

/** All that an answer fails by; models as validators are not asked here. */
export function checkRules(answer: JudgedText, validations: readonly Validation[]): Finding[] {
  if (answer.text.trim() === '') return [{ rule: 'empty', reason: 'is empty' }]
  const all = validations.flatMap((validation) => [
    ...(wantsJson(validation) ? jsonFindings(answer.text, validation) : []),
    ...textFindings(answer.text, validation),
  ])
  const first = new Map(all.map((finding) => [`${finding.rule} ${finding.reason}`, finding]))
  return [...first.values()]
}
