import type { TemplateConfiguration } from '@turnout/contract'
import type { InputProblem } from '../input.ts'
import { LiquidProblem, renderText, renderValue } from './liquid.ts'
import { type ResolvedComposition, resolveComposition } from './resolve.ts'
import { readVariables } from './variables.ts'

export interface RenderedTemplate {
  model: string
  prompt: string
  inputs: Record<string, unknown>
  composition: ResolvedComposition | null
}

/** What a template becomes with the values that somebody gives. Everything that is wrong is reported at once. */
export function renderTemplate(
  template: Pick<TemplateConfiguration, 'variables' | 'target' | 'prompt' | 'inputs' | 'composition'>,
  given: Readonly<Record<string, unknown>>,
): { rendered: RenderedTemplate; problems: InputProblem[] } {
  const { values, problems } = readVariables(template.variables, given)
  const attempt = <T>(path: string, render: () => T): T | undefined => {
    try {
      return render()
    } catch (error) {
      if (!(error instanceof LiquidProblem)) throw error
      problems.push({ path, message: error.message })
      return undefined
    }
  }
  /** Null where a variable that was not given stands alone: such an input is left out. */
  const fill = (value: unknown, path: string): unknown => {
    if (typeof value === 'string') return attempt(path, () => renderValue(value, values)) ?? null
    if (Array.isArray(value)) return value.map((each, index) => fill(each, `${path}[${index}]`))
    if (typeof value !== 'object' || value === null) return value
    return fillObject(value, path)
  }
  const fillObject = (object: object, path: string): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(object).flatMap(([name, value]) => {
        const filled = fill(value, `${path}.${name}`)
        return filled === null && value !== null ? [] : [[name, filled]]
      }),
    )
  // A value that is wrong counts as none, and would only make more problems of the same cause.
  if (problems.length > 0) return { rendered: { model: '', prompt: '', inputs: {}, composition: null }, problems }
  const prompt = attempt('prompt', () => renderText(template.prompt, values).trim()) ?? ''
  const model = attempt('target.model', () => renderText(template.target.model, values).trim()) ?? ''
  if (prompt === '' && problems.length === 0) problems.push({ path: 'prompt', message: 'becomes empty' })
  if (model === '' && problems.length === 0) problems.push({ path: 'target.model', message: 'becomes empty' })
  const inputs = fillObject(template.inputs, 'inputs')
  const resolved = template.composition && resolveComposition(template.composition, values)
  problems.push(...(resolved?.problems ?? []))
  return { rendered: { model, prompt, inputs, composition: resolved?.composition ?? null }, problems }
}
