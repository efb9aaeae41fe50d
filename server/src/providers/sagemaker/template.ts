import { isObject } from '../../lib/objects.ts'

/** The values that a template may name. */
export type Variables = Readonly<Record<string, unknown>>

const WHOLE = /^\{\{\s*([\w.]+)\s*\}\}$/
const WITHIN = /\{\{\s*([\w.]+)\s*\}\}/g

/** Names that a template mentions. */
export function variablesOf(template: unknown, found = new Set<string>()): Set<string> {
  if (typeof template === 'string') for (const [, name] of template.matchAll(WITHIN)) found.add(name!)
  else if (Array.isArray(template)) for (const each of template) variablesOf(each, found)
  else if (isObject(template)) for (const each of Object.values(template)) variablesOf(each, found)
  return found
}

function fillText(template: string, variables: Variables): unknown {
  const name = WHOLE.exec(template)?.[1]
  if (name !== undefined) return variables[name]
  let absent = false
  const text = template.replace(WITHIN, (_, each: string) => {
    const value = variables[each]
    absent ||= value === undefined
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  })
  return absent ? undefined : text
}

/**
 * A template with its `{{name}}` replaced: a string that is nothing else
 * becomes the value with its type, within other text it becomes text. A field
 * or an element whose value is absent is left out.
 */
export function fill(template: unknown, variables: Variables): unknown {
  if (typeof template === 'string') return fillText(template, variables)
  if (Array.isArray(template)) return template.map((each) => fill(each, variables)).filter((each) => each !== undefined)
  if (!isObject(template)) return template
  const filled: Record<string, unknown> = {}
  for (const [name, each] of Object.entries(template)) {
    const value = fill(each, variables)
    if (value !== undefined) filled[name] = value
  }
  return filled
}
