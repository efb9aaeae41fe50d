import type { Model } from '@turnout/contract'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { isObject } from '../../lib/objects.ts'
import { TurnoutError } from '../error.ts'
import { type InputProblem, refuse } from '../input.ts'
import { endingPattern } from '../validation/pattern.ts'

type Schema = NonNullable<Model['inputs']>
type Json = Readonly<Record<string, unknown>>

/** The schema of one input of a model; undefined where its record does not name it. */
export function inputOf(schema: Schema | undefined, name: string): Json | undefined {
  const properties = schema?.properties
  if (!isObject(properties) || !Object.hasOwn(properties, name)) return undefined
  return isObject(properties[name]) ? properties[name] : {}
}

/** The values that an input may have, where its schema lists them. */
export function choicesOf(schema: Schema | undefined, name: string): readonly string[] | undefined {
  const values = inputOf(schema, name)?.enum
  return Array.isArray(values) ? values.filter((value): value is string => typeof value === 'string') : undefined
}

// A record may use keywords that the validator does not know, such as a console's hints.
const OPTIONS = {
  allErrors: true,
  strict: false,
  verbose: true,
  validateFormats: false,
  code: { regExp: Object.assign(endingPattern, { code: 'endingPattern' }) },
}

const draft7 = new Ajv(OPTIONS)
const draft2020 = new Ajv2020(OPTIONS)

const compiled = new WeakMap<Schema, ValidateFunction>()

/** @throws Error why the schema is none */
function compile(schema: Schema): ValidateFunction {
  const known = compiled.get(schema)
  if (known) return known
  const uses2020 = String(schema.$schema ?? '').includes('2020-12')
  const ajv = uses2020 ? draft2020 : draft7
  const validator = ajv.compile(schema)
  // The validator itself would remember every schema for ever, and records come anew with every change.
  ajv.removeSchema(schema)
  compiled.set(schema, validator)
  return validator
}

/** Why inputs are no valid JSON Schema; undefined where they are one. */
export function schemaProblem(schema: Schema): string | undefined {
  try {
    compile(schema)
    return undefined
  } catch (error) {
    return reasonOf(error)
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** @throws TurnoutError model_not_enabled for a record whose schema is none */
export function validatorOf(schema: Schema, model: string): ValidateFunction {
  try {
    return compile(schema)
  } catch (error) {
    throw new TurnoutError(
      'model_not_enabled',
      `The record of model ${model} is not usable: its inputs are no valid JSON Schema (${reasonOf(error)}).`,
      { cause: error },
    )
  }
}

/** A JSON pointer as the path that clients know: `/loras/0/path` is `loras[0].path`. */
function pathOf(pointer: string, root: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((path, key) => (/^\d+$/.test(key) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`), root)
}

const below = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

export function problemOf(error: ErrorObject, root: string): InputProblem {
  const path = pathOf(error.instancePath, root)
  const { keyword, params, message = 'is not valid' } = error
  switch (keyword) {
    case 'required':
      return { path: below(path, String(params.missingProperty)), message: 'is required' }
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params.additionalProperty ?? params.unevaluatedProperty)
      const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {})
      return { path: below(path, name), message: `is not known; allowed: ${known.join(', ')}` }
    }
    case 'enum':
      return {
        path,
        message: `must be one of ${(params.allowedValues as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`,
      }
    case 'type':
      return { path, message: `must be ${[params.type].flat().join(' or ')}` }
    default:
      return { path, message }
  }
}

/** Keywords that only say that something inside went wrong, which is told itself. */
const WRAPPERS: ReadonlySet<string> = new Set(['if', 'allOf', '$ref'])

export interface InputContext {
  model: Pick<Model, 'id' | 'inputs' | 'defaults'>
  /** How the request calls the object that the inputs stand in; empty where they stand at its top. */
  root: string
  /** Pictures and other common settings came with the request; its adapter says for which required inputs they stand. */
  supplied: boolean
  /** Fields that the model's record derives from settings of the request. */
  written?: ReadonlySet<string>
}

/**
 * Holds the inputs of a request against its model's schema. Nothing is known
 * of a model without one: then the provider decides.
 *
 * @throws TurnoutError invalid_input with all problems
 */
export function checkInputs(inputs: Json, { model, root, supplied, written }: InputContext): void {
  if (model.inputs === undefined) return
  const validate = validatorOf(model.inputs, model.id)
  if (validate(inputs)) return
  const problems = (validate.errors ?? [])
    .filter(({ keyword, instancePath, params }) => {
      if (WRAPPERS.has(keyword)) return false
      if (keyword !== 'required' || instancePath !== '') return true
      const name = String(params.missingProperty)
      return !(supplied || name === 'prompt' || Object.hasOwn(model.defaults, name) || written?.has(name))
    })
    .map((error) => problemOf(error, root))
  if (problems.length > 0) throw refuse(problems)
}
