import { isObject } from '../../lib/objects.ts'
import type { ToolCall } from '../text.ts'

type Opaque = NonNullable<ToolCall['opaque']>

/** What a field of `extra_content` is called in a provider's own OpenAI endpoint. */
interface Spelling {
  name: string
  /** Our word of a field, and theirs. */
  fields: readonly (readonly [ours: string, theirs: string])[]
}

/**
 * Messages may come from, and go on to, Google's own endpoint of this dialect:
 * `tool_calls[].extra_content.google.thought_signature`.
 * Source: Gemini API guide, thought signatures with the OpenAI SDK, read November 2026.
 */
const GOOGLE: Spelling = { name: 'google', fields: [['thoughtSignature', 'thought_signature']] }

const SPELLINGS: Readonly<Record<string, Spelling>> = { google: GOOGLE, vertex: GOOGLE }

function rename(value: Opaque, names: Iterable<readonly [from: string, to: string]>): Opaque {
  const renamed: Record<string, unknown> = { ...value }
  for (const [from, to] of names) {
    if (!(from in renamed)) continue
    renamed[to] = renamed[from]
    delete renamed[from]
  }
  return renamed
}

/**
 * What a provider wants back unread, as a field that OpenAI's SDKs do not know
 * and therefore keep and send back with the message.
 */
export function writeExtraContent(opaque: ToolCall['opaque'], provider: string): object | undefined {
  if (opaque === undefined) return undefined
  const spelling = SPELLINGS[provider]
  return spelling ? { [spelling.name]: rename(opaque, spelling.fields) } : { [provider]: opaque }
}

/** The same, come back. That of another provider would mean nothing to this one. */
export function readExtraContent(extra: unknown, provider: string): ToolCall['opaque'] {
  const spelling = SPELLINGS[provider]
  const own = isObject(extra) ? extra[spelling?.name ?? provider] : undefined
  if (!isObject(own)) return undefined
  return spelling
    ? rename(
        own,
        spelling.fields.map(([ours, theirs]) => [theirs, ours] as const),
      )
    : own
}
