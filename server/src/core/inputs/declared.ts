import type { Model, Transform, TransformSettings } from '@turnout/contract'
import { isGiven } from '../../lib/objects.ts'
import type { MediaSettings } from './settings.ts'

type Json = Readonly<Record<string, unknown>>

/** What the record of a model adds to a call of it. */
interface Declared {
  call: { inputs?: Json; endpoint?: string; transform?: Transform }
  /** The provider's fields, at their top, that settings of the request will be written to. */
  written: ReadonlySet<string>
}

/** Every field of the provider that a setting is written to. */
function fieldsOf(where: NonNullable<TransformSettings[keyof TransformSettings]>): string[] {
  if (typeof where === 'string') return [where]
  if ('list' in where) return [where.list]
  if ('fields' in where) return where.fields
  return 'field' in where ? [where.field] : [where.width, where.height]
}

const isAsked = (name: keyof TransformSettings, request: MediaSettings): boolean =>
  name === 'size' ? isGiven(request.width) || isGiven(request.height) || isGiven(request.size) : isGiven(request[name])

/** What a model's record says of a request: the endpoint it goes to, the fields that are always sent. */
export function declaredFor({ transform }: Model, request: MediaSettings & { inputs?: Json }): Declared {
  const { inputs } = request
  if (transform === undefined) return { call: { inputs }, written: new Set() }
  const endpoint = transform.endpoints?.find(({ when }) => when.every((setting) => isGiven(request[setting])))?.use
  const settings = Object.entries(transform.settings ?? {}) as [keyof TransformSettings, never][]
  const written = settings
    .filter(([name]) => isAsked(name, request))
    .flatMap(([, where]) => fieldsOf(where).map((field) => field.split('.', 1)[0]!))
  return {
    call: {
      inputs: transform.constants ? { ...inputs, ...transform.constants } : inputs,
      ...(endpoint !== undefined && { endpoint }),
      ...(transform.settings && { transform }),
    },
    written: new Set([...written, ...Object.keys(transform.constants ?? {})]),
  }
}
