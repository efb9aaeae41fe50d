import type { Model } from '@turnout/contract'
import { validatorOf } from '../image/inputs.ts'
import { type InputProblem, refuse } from '../input.ts'
import { Draft } from './draft.ts'
import { OPTION_SCHEMAS, optionReading } from './options.ts'
import { groupOf, type InputPlan, planOf } from './plan.ts'
import { problemsOf } from './problems.ts'
import type { MediaInput, MediaRequest } from './types.ts'

type Json = Readonly<Record<string, unknown>>

/** What the request leaves out and the schema has a default for; nothing that would stand beside what was given. */
function* omitted({ kind, defaults, readings }: InputPlan, inputs: Json, options: Json): Iterable<[string, unknown]> {
  const given = new Set([
    ...Object.keys(inputs).map((name) => groupOf(name, readings.get(name) ?? { to: 'input', path: [name] })),
    ...Object.keys(options).map((name) => groupOf(name, optionReading(kind, name) ?? { to: 'input', path: [name] })),
  ])
  for (const [name, value] of defaults) {
    const group = groupOf(name, readings.get(name)!)
    if (given.has(group)) continue
    given.add(group)
    yield [name, value]
  }
}

/** An input that is missing, but an option says the same. */
function isOptionFor({ path, message }: InputProblem, { kind, readings }: InputPlan, options: Json): boolean {
  const name = path.slice('inputs.'.length)
  const reading = readings.get(name)
  if (!message.startsWith('is required') || reading === undefined) return false
  return Object.keys(options).some((option) => {
    const said = optionReading(kind, option)
    return said !== undefined && groupOf(option, said) === groupOf(name, reading)
  })
}

function fill(draft: Draft, plan: InputPlan, inputs: Json, options: Json): void {
  for (const [name, value] of Object.entries(inputs)) {
    draft.add(plan.readings.get(name) ?? { to: 'input', path: [name] }, { name, path: `inputs.${name}`, value })
  }
  for (const [name, value] of Object.entries(options)) {
    const reading = optionReading(plan.kind, name)
    if (reading) draft.add(reading, { name, path: `options.${name}`, value })
  }
  for (const [name, value] of omitted(plan, inputs, options)) {
    draft.add(plan.readings.get(name)!, { name, path: `inputs.${name}`, value })
  }
}

/**
 * A request in its model's words as one in no dialect: inputs and options are
 * held against the model's schema, defaults are filled in, and what the client
 * calls a setting by any of its names is that setting.
 *
 * @throws TurnoutError invalid_input with every problem, each with its path; capability_missing for a model that makes neither pictures nor videos
 */
export function readMediaRequest(model: Model, { inputs = {}, options = {} }: MediaInput): MediaRequest {
  const plan = planOf(model)
  const optionsSchema = OPTION_SCHEMAS[plan.kind]
  const problems: InputProblem[] = [
    ...problemsOf(plan.validate(), inputs, 'inputs').filter((problem) => !isOptionFor(problem, plan, options)),
    ...problemsOf(validatorOf(optionsSchema, model.id), options, 'options'),
  ]
  if (problems.length > 0) throw refuse(problems)
  const draft = new Draft()
  fill(draft, plan, inputs, options)
  const found = draft.problems()
  if (found.length > 0) throw refuse(found)
  const constants = Object.entries(model.transform?.constants ?? {})
  for (const [name, value] of constants) draft.keep(name, value)
  return plan.kind === 'image' ? draft.image() : draft.video()
}
