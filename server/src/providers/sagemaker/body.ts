import type { ImageCall, VideoCall } from '../../core/media.ts'
import { isObject } from '../../lib/objects.ts'
import { formRequest, type InlinePicture, inlineOf } from '../shared/media.ts'
import type { Protocol } from './presets.ts'
import { fill, variablesOf } from './template.ts'
import { variablesFor } from './variables.ts'

/** A request to the container. */
export interface ContainerRequest {
  contentType: string
  body: string | Uint8Array
  warnings: string[]
}

type Json = Readonly<Record<string, unknown>>

/** Parameters in the container's own words, where the template has not placed them itself. */
function ownWords(given: Json | undefined, named: ReadonlySet<string>): Json {
  return Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => !named.has(name)))
}

/** Defaults give way to what the call says, and that to its inputs. */
function withOwnWords(filled: Json, call: ImageCall | VideoCall, { inputsAt, body }: Protocol): Json {
  const named = variablesOf(body)
  const merge = (fields: Json): Json => ({
    ...ownWords(call.defaults, named),
    ...fields,
    ...ownWords(call.inputs, named),
  })
  if (inputsAt === undefined) return merge(filled)
  const inner = filled[inputsAt]
  return { ...filled, [inputsAt]: merge(isObject(inner) ? inner : {}) }
}

/** Fields of a form that are pictures, which go as files. */
function fileFields(template: Json): string[] {
  return Object.keys(template).filter((name) => /^\{\{\s*picture\s*\}\}$/.test(String(template[name])))
}

export function containerRequest(call: ImageCall | VideoCall, protocol: Protocol, provider: string): ContainerRequest {
  const { body: template, contentType } = protocol
  const { variables, warnings } = variablesFor(call, template, provider)
  const fields = withOwnWords(fill(template, variables) as Json, call, protocol)
  if (contentType === 'application/json') return { contentType, body: JSON.stringify(fields), warnings }
  const [picture] = call.pictures ?? []
  const names = picture === undefined ? [] : fileFields(template)
  const files = names.map((name): [string, InlinePicture] => [name, inlineOf(picture!, provider)])
  const plain = Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
  const form = formRequest(plain, files, {})
  return { contentType: form.headers['content-type']!, body: form.body, warnings }
}
