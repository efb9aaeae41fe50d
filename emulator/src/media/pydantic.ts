import type { JsonObject } from '../types.ts'
import type { Violation } from '../violation.ts'

const TYPES: Readonly<Record<string, readonly [type: string, name: string]>> = {
  'a string': ['string_type', 'string'],
  'an integer': ['int_type', 'integer'],
  'a number': ['float_type', 'number'],
  'a boolean': ['bool_type', 'boolean'],
  'a list': ['list_type', 'list'],
  'an object': ['dict_type', 'dictionary'],
}

interface Words {
  type: string
  msg: string
  ctx?: JsonObject
}

/** `'a', 'b' or 'c'` */
function alternatives(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`)
  return quoted.length < 2 ? (quoted[0] ?? '') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}

function sized(bound: number, value: unknown, least: boolean): Words {
  const [text, noun] = typeof value === 'string' ? ['string_', 'String'] : ['', 'List']
  const what = typeof value === 'string' ? 'character' : 'item'
  return {
    type: `${text}too_${least ? 'short' : 'long'}`,
    msg: `${noun} should have at ${least ? 'least' : 'most'} ${bound} ${what}${bound === 1 ? '' : 's'}`,
    ctx: least ? { min_length: bound } : { max_length: bound },
  }
}

function wordsOf({ issue, value }: Violation): Words {
  switch (issue.is) {
    case 'missing':
      return { type: 'missing', msg: 'Field required' }
    case 'unknown':
      return { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' }
    case 'type': {
      const [type, name] = TYPES[issue.expected] ?? ['value_error', 'value']
      return { type, msg: `Input should be a valid ${name}` }
    }
    case 'value': {
      const expected = alternatives(issue.values)
      return { type: 'literal_error', msg: `Input should be ${expected}`, ctx: { expected } }
    }
    case 'below':
      return {
        type: 'greater_than_equal',
        msg: `Input should be greater than or equal to ${issue.bound}`,
        ctx: { ge: issue.bound },
      }
    case 'above':
      return {
        type: 'less_than_equal',
        msg: `Input should be less than or equal to ${issue.bound}`,
        ctx: { le: issue.bound },
      }
    case 'short':
      return sized(issue.bound, value, true)
    case 'long':
      return sized(issue.bound, value, false)
    case 'pattern':
      return { type: 'string_pattern_mismatch', msg: 'String should match the pattern of the field' }
    case 'union':
      return { type: 'value_error', msg: `Value error, exactly one of ${issue.fields.join(', ')} must be set` }
  }
}

/** An entry of the list `detail` that FastAPI answers with. */
export interface Detail extends Words {
  loc: (string | number)[]
  input: unknown
}

/** A violation as FastAPI's validation words it: the body of BFL's, fal's and vLLM's 422. */
export function detailOf(violation: Violation): Detail {
  return { loc: ['body', ...violation.path], input: violation.value ?? null, ...wordsOf(violation) }
}

/** A rule of the provider's own that a field breaks. */
export function valueDetail(field: string, message: string, input: unknown): Detail {
  return { loc: ['body', field], input, type: 'value_error', msg: `Value error, ${message}` }
}
