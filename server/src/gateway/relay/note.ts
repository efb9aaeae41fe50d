import { type ChatChunk, ChatStreamReader, type StreamReader } from '../../core/openai/stream.ts'
import type { Shown } from '../text/shown.ts'

/** Fields of a delta that say nothing, or that are read by name. */
const READ: ReadonlySet<string> = new Set(['role', 'content', 'reasoning_content', 'reasoning', 'tool_calls'])

interface WireCall {
  index?: unknown
  type?: unknown
  function?: { name?: unknown; arguments?: unknown } | null
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

function noteCall(shown: Shown, call: WireCall | null): void {
  const { index, type = 'function', function: called } = call ?? {}
  const written = called?.arguments ?? ''
  const isNext = typeof index === 'number' && (shown.calls.has(index) || index === shown.calls.size)
  if (!isNext || type !== 'function' || typeof written !== 'string') {
    shown.lose()
    return
  }
  shown.addCall(index, typeof called?.name === 'string' && called.name !== '' ? called.name : undefined, written)
}

/**
 * Notes what a chunk that is passed on has shown. Whatever nobody could be
 * held against (a further choice, a refusal, sound) makes the answer one that
 * nobody goes on with.
 */
function noteChunk(shown: Shown, { id, created, choices = [] }: ChatChunk): void {
  if (shown.lost) return
  shown.id ??= id
  shown.created ??= created
  for (const choice of choices) {
    const { index = 0, delta } = choice ?? {}
    if (!delta) continue
    const { content, reasoning_content, reasoning, tool_calls } = delta
    const isOther = Object.keys(delta).some((name) => !READ.has(name) && !isEmpty(delta[name]))
    if (index !== 0 || isOther || (!isEmpty(content) && typeof content !== 'string')) {
      shown.lose()
      return
    }
    if (!isEmpty(reasoning_content) || !isEmpty(reasoning)) shown.reasoned = true
    if (typeof content === 'string') shown.addText(content)
    if (Array.isArray(tool_calls)) for (const call of tool_calls as (WireCall | null)[]) noteCall(shown, call)
  }
}

/** Notes what the event that was read last has shown. */
export function noteShown(shown: Shown, reader: StreamReader): void {
  if (reader instanceof ChatStreamReader) noteChunk(shown, reader.chunk)
}
