import type { Model, TransformSettings } from '@turnout/contract'
import type { ValidateFunction } from 'ajv'
import { isObject } from '../../lib/objects.ts'
import { TurnoutError } from '../error.ts'
import { validatorOf } from '../image/inputs.ts'
import { type CommonInput, commonInputs, mediaKind } from './common.ts'
import { exampleOf } from './example.ts'
import { isAdapterMask, isAdapterPicture, mediaKindOf } from './media-names.ts'
import type { Reading } from './types.ts'

type Json = Readonly<Record<string, unknown>>
export type JsonSchema = Record<string, unknown>

/** All that is known of what a model takes, made once for each record. */
export interface InputPlan {
  kind: 'image' | 'video'
  schema: JsonSchema
  readings: ReadonlyMap<string, Reading>
  /** Names of which one is needed, with the one to tell first. */
  needed: readonly (readonly string[])[]
  /** Values for inputs that a request leaves out. */
  defaults: ReadonlyMap<string, unknown>
  /** Compiled when it is first needed, because most models are only listed. */
  validate(): ValidateFunction
}

type Fields = ReadonlyMap<string, Reading>

const IMAGES_ALONE: ReadonlySet<string> = new Set([
  'guidanceScale',
  'steps',
  'strength',
  'mask',
  'loras',
  'style',
  'quality',
  'background',
  'outputFormat',
])
const VIDEOS_ALONE: ReadonlySet<string> = new Set(['seconds', 'framesPerSecond', 'resolution', 'audio', 'lastFrame'])

/** What each field of the provider is, by its path, where the record declares that. */
function declaredFields({ transform }: Model, kind: 'image' | 'video'): Fields {
  const fields = new Map<string, Reading>()
  const settings = Object.entries(transform?.settings ?? {}) as [keyof TransformSettings, unknown][]
  for (const [name, where] of settings) {
    if ((kind === 'video' ? IMAGES_ALONE : VIDEOS_ALONE).has(name)) continue
    if (name === 'size') {
      const size = where as NonNullable<TransformSettings['size']>
      if ('field' in size) fields.set(size.field, { to: 'size', form: size.form })
      else {
        fields.set(size.width, { to: 'side', side: 'width' })
        fields.set(size.height, { to: 'side', side: 'height' })
      }
    } else if (name === 'pictures') {
      const pictures = where as NonNullable<TransformSettings['pictures']>
      if ('list' in pictures) fields.set(pictures.list, { to: 'pictures' })
      else for (const [slot, field] of pictures.fields.entries()) fields.set(field, { to: 'picture', slot })
    } else if (name === 'seconds') {
      // A number of frames is the provider's own word: the client may as well send that.
      const { field, form } = where as NonNullable<TransformSettings['seconds']>
      if (form !== 'frames') fields.set(field, { to: 'setting', setting: name })
    } else if (name === 'mask' || name === 'lastFrame' || name === 'loras') fields.set(where as string, { to: name })
    else fields.set(where as string, { to: 'setting', setting: name })
  }
  return fields
}

/** The schema of a field of the provider, or of a field of a field. */
function schemaAt(properties: Json, path: readonly string[]): Json {
  let at: unknown = { properties }
  for (const key of path) at = isObject(at) && isObject(at.properties) ? at.properties[key] : undefined
  return isObject(at) ? at : {}
}

/** What one of the record's own inputs is. */
function ownReading(name: string, schema: Json, model: Model, fields: Fields, pictures: { slots: number }): Reading {
  const declared = fields.get(name)
  if (declared) return declared
  const media = model.transform?.media ? model.transform.media[name] : mediaKindOf(name, schema)
  if (model.transform?.settings === undefined && media === 'image') {
    if (isAdapterMask(name)) return { to: 'mask' }
    if (isAdapterPicture(name)) {
      if (schema.type === 'array') return { to: 'pictures' }
      pictures.slots += 1
      return { to: 'picture', slot: pictures.slots - 1 }
    }
  }
  return { to: 'input', path: [name], ...(media && { media }) }
}

/** Two inputs of one key say the same. */
export function keyOf(reading: Reading): string {
  switch (reading.to) {
    case 'setting':
      return reading.setting
    case 'side':
      return reading.side
    case 'picture':
      return `picture ${reading.slot ?? 0}`
    case 'input':
      return `input ${reading.path.join('.')}`
    case 'loraPath':
      return 'loras'
    default:
      return reading.to
  }
}

/** The shape of an output is one thing, by whatever names it is told. */
const SHAPES: ReadonlySet<string> = new Set(['width', 'height', 'size', 'aspectRatio'])
const SHAPE_NAMES: ReadonlySet<string> = new Set(['image_size', 'video_size', 'size', 'imageSize', 'aspectRatio'])

/** Inputs of one group: a default for one of them must not stand beside another that was given. */
export function groupOf(name: string, reading: Reading): string {
  const key = keyOf(reading)
  return SHAPES.has(key) || SHAPE_NAMES.has(name) ? 'shape' : key
}

interface Entry {
  name: string
  schema: Json
  reading: Reading
}

/** The common inputs, over them the record's own, and the aliases that its transform declares. */
function entriesOf(model: Model, kind: 'image' | 'video', common: readonly CommonInput[]): Entry[] {
  const properties = isObject(model.inputs?.properties) ? model.inputs.properties : {}
  const fields = declaredFields(model, kind)
  const pictures = { slots: 0 }
  const entries = new Map<string, Entry>(common.map((input) => [input.name, input]))
  for (const [name, own] of Object.entries(properties)) {
    const schema = isObject(own) ? own : {}
    const known = entries.get(name)
    const reading = ownReading(name, schema, model, fields, pictures)
    const merged = known === undefined ? schema : merge(known.schema, schema)
    entries.set(name, { name, schema: merged, reading: known && reading.to === 'input' ? known.reading : reading })
  }
  for (const [name, target] of Object.entries(model.transform?.aliases ?? {})) {
    const path = target.split('.')
    const reading = fields.get(target) ??
      entries.get(target)?.reading ?? { to: 'input' as const, path, media: mediaKindOf(name, { type: 'string' }) }
    const schema = schemaAt(properties, path)
    entries.set(name, {
      name,
      reading,
      schema: Object.keys(schema).length > 0 ? schema : (entries.get(name)?.schema ?? {}),
    })
  }
  return [...entries.values()]
}

/** What a record says of an input wins; of another type, it is another input altogether. */
function merge(common: Json, own: Json): Json {
  if (own.enum !== undefined || own.anyOf !== undefined || (own.type !== undefined && own.type !== common.type)) {
    return { ...(common.description !== undefined && { description: common.description }), ...own }
  }
  return { ...common, ...own }
}

/** Which inputs a request cannot do without, each with the others that stand for it. */
function neededOf(model: Model, entries: readonly Entry[]): string[][] {
  const own = Array.isArray(model.inputs?.required) ? (model.inputs.required as string[]) : []
  const byName = new Map(entries.map((entry) => [entry.name, entry]))
  const aliases = Object.entries(model.transform?.aliases ?? {})
  const required = new Set([...own, ...(model.transform?.required ?? [])])
  // Without a list of its own, the record is of a model that cannot do without a prompt.
  if (byName.has('prompt') && own.length === 0) required.add('prompt')
  return [...required].map((name) => {
    const entry = byName.get(name)
    const reading = entry?.reading
    const stand = entries.filter((other) => {
      if (other.name === name || reading === undefined) return false
      if (keyOf(other.reading) === keyOf(reading)) return true
      return other.reading.to === 'pictures' && reading.to === 'picture'
    })
    const named = aliases.filter(([, target]) => target.split('.', 1)[0] === name).map(([alias]) => alias)
    return [...new Set([...named, name, ...stand.map((other) => other.name)])]
  })
}

/** A list of inputs of which one must be there; told by its first. */
const anyOf = (names: readonly string[]): JsonSchema => ({
  anyOf: names.map((name) => ({ required: [name], properties: { [name]: true } })),
})

function defaultsOf(model: Model, entries: readonly Entry[]): Map<string, unknown> {
  const defaults = new Map<string, unknown>()
  for (const { name, schema, reading } of entries) {
    const value = schema.default
    // What the record sets beside is laid under the call by the adapter.
    if (value === undefined || value === null || Object.hasOwn(model.defaults, name)) continue
    const isFile = reading.to !== 'setting' && reading.to !== 'side' && !(reading.to === 'input' && !reading.media)
    if (!isFile) defaults.set(name, value)
  }
  return defaults
}

function makePlan(model: Model): InputPlan {
  const kind = mediaKind(model)
  if (kind === undefined) {
    throw new TurnoutError(
      'capability_missing',
      `Model ${model.id} makes neither pictures nor videos; it makes ${model.output.join(' and ')}.`,
      { param: 'model' },
    )
  }
  const entries = entriesOf(model, kind, commonInputs(model, kind))
  const needed = neededOf(model, entries)
  const alone = needed.filter(({ length }) => length === 1).map(([name]) => name!)
  const oneOf = needed.filter(({ length }) => length > 1)
  // Nothing is known of a model without inputs of its own: then the provider decides.
  const open = model.inputs?.additionalProperties ?? model.inputs === undefined
  const schema: JsonSchema = {
    type: 'object',
    title: model.name,
    ...(model.description !== undefined && { description: model.description }),
    properties: Object.fromEntries(entries.map(({ name, schema: each }) => [name, each])),
    ...(alone.length > 0 && { required: alone }),
    ...(oneOf.length > 0 && { allOf: oneOf.map(anyOf) }),
    additionalProperties: open,
    ...(isObject(model.inputs?.$defs) && { $defs: model.inputs.$defs }),
    ...(isObject(model.inputs?.definitions) && { definitions: model.inputs.definitions }),
  }
  schema.examples = [exampleOf(schema, needed)]
  let validate: ValidateFunction | undefined
  return {
    kind,
    schema,
    readings: new Map(entries.map(({ name, reading }) => [name, reading])),
    needed,
    defaults: defaultsOf(model, entries),
    validate: () => (validate ??= validatorOf(schema, model.id)),
  }
}

const plans = new WeakMap<Model, InputPlan>()

/** @throws TurnoutError capability_missing */
export function planOf(model: Model): InputPlan {
  let plan = plans.get(model)
  if (plan === undefined) {
    plan = makePlan(model)
    plans.set(model, plan)
  }
  return plan
}

/**
 * The whole JSON Schema of what a model takes as `inputs`: what Turnout has
 * names for, the provider's own words, which of them are required, and an
 * example that it accepts.
 *
 * @throws TurnoutError capability_missing
 */
export const inputSchemaOf = (model: Model): JsonSchema => planOf(model).schema
