import type { Model } from '@turnout/contract'
import { inputOf } from '../../core/image/inputs.ts'
import { type InputProblem, refuse } from '../../core/input.ts'

/** The field of a form as its schema wants it: forms know only text. */
export function fromText(value: unknown, type: unknown): unknown {
  if (typeof value !== 'string') return value
  if (type === 'integer' || type === 'number') return value.trim() === '' ? value : Number(value)
  if (type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value
  if (type === 'object' || type === 'array') {
    try {
      return JSON.parse(value)
    } catch {
      return value
    }
  }
  return value
}

/**
 * The fields of a request that belong to the model alone, as its record has
 * them.
 *
 * @param isForm They come from a form, which knows only text.
 * @throws TurnoutError invalid_input with all that the model does not know
 */
export function furtherInputs(
  fields: Readonly<Record<string, unknown>>,
  model: Model,
  isForm: boolean,
): Record<string, unknown> {
  const inputs: Record<string, unknown> = {}
  const problems: InputProblem[] = []
  for (const name of Object.keys(fields)) {
    const schema = inputOf(model.inputs, name)
    if (schema !== undefined) inputs[name] = isForm ? fromText(fields[name], schema.type) : fields[name]
    else {
      const known = Object.keys((model.inputs?.properties as object | undefined) ?? {})
      const more = known.length > 0 ? `; it knows ${known.join(', ')}` : ''
      problems.push({ path: name, message: `is not known to model ${model.id}${more}` })
    }
  }
  if (problems.length > 0) throw refuse(problems)
  return inputs
}
