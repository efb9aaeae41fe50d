import { Ajv, type AnySchemaObject, type Options } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { JsonSchema } from '../text.ts'
import { tamePattern } from './pattern.ts'
import { within } from './within.ts'

/** What is wrong with a value, as `/path what is allowed`; undefined where it fits. */
export type ValueCheck = (value: unknown) => string | undefined

/** A schema made ready, or why it cannot be. */
export type CompiledSchema = { check: ValueCheck } | { obstacle: string }

/** Schemas are written by hand, for several drafts and by generators: what can be understood is understood. */
const OPTIONS: Options = {
  strict: false,
  validateSchema: false,
  validateFormats: false,
  meta: false,
  logger: false,
  code: { regExp: Object.assign(tamePattern, { code: 'tamePattern' }) },
}

/** How many schemas are kept ready. */
const KEPT = 200
/** In characters; none of the providers takes longer ones. */
const LONGEST = 128 * 1024

const OLDER_DRAFT = /draft-0[467]/

/** With these, a short schema can ask for a check that does not end. */
const ENDLESS = /"(?:\$ref|\$dynamicRef|\$recursiveRef|uniqueItems)"/
const CHECK_MS = 100

/** An engine of its own for each, because an engine remembers the names in what it has compiled. */
function compileBy(Engine: typeof Ajv | typeof Ajv2020, schema: AnySchemaObject): ValueCheck {
  const engine = new Engine(OPTIONS)
  const validate = engine.compile(schema)
  return (value) => (validate(value) ? undefined : engine.errorsText(validate.errors, { dataVar: '' }))
}

/** The check with an end, whatever the schema: strangers write them. */
const guarded =
  (check: ValueCheck): ValueCheck =>
  (value) => {
    try {
      return within(CHECK_MS, () => check(value))
    } catch {
      return 'its JSON Schema takes too long to check'
    }
  }

function compile(schema: JsonSchema, text: string): CompiledSchema {
  if (text.length > LONGEST) return { obstacle: `it is longer than ${LONGEST} characters` }
  const engines = OLDER_DRAFT.test(String(schema.$schema)) ? [Ajv, Ajv2020] : [Ajv2020, Ajv]
  // An asynchronous check would be a promise, which is true.
  const own = { ...schema, $async: undefined }
  let obstacle = ''
  for (const engine of engines) {
    try {
      const check = compileBy(engine, own)
      return { check: ENDLESS.test(text) ? guarded(check) : check }
    } catch (error) {
      obstacle ||= (error as Error).message
    }
  }
  return { obstacle }
}

/** The most recently used at the end. */
const known = new Map<string, CompiledSchema>()

/** A schema as a check. Compiling takes milliseconds, so that each is compiled once while it is in use. */
export function compileSchema(schema: JsonSchema): CompiledSchema {
  const key = JSON.stringify(schema)
  const found = known.get(key)
  if (found) {
    known.delete(key)
    known.set(key, found)
    return found
  }
  const compiled = compile(schema, key)
  if (key.length > LONGEST) return compiled
  known.set(key, compiled)
  if (known.size > KEPT) known.delete(known.keys().next().value!)
  return compiled
}
