import { EventFramer } from '../../lib/sse.ts'

interface Choices {
  choices?: ({ finish_reason?: unknown } | null)[] | null
}

/** What was withheld may be given the next time; what says no end is none. */
const hasGoodEnd = (reason: unknown): boolean => typeof reason === 'string' && reason !== 'content_filter'

/** How each choice of a stream ended. */
function endsOf(body: Buffer): unknown[] {
  const ends: unknown[] = []
  for (const { data } of new EventFramer().push(body)) {
    if (!data?.startsWith('{')) continue
    const { choices } = JSON.parse(data) as { choices?: { index?: number; finish_reason?: unknown }[] | null }
    for (const { index = 0, finish_reason = null } of choices ?? []) ends[index] = finish_reason ?? ends[index]
  }
  return [...ends]
}

/** Whether a chat may be given again: all of its choices have come to an end of their own. */
export function keepsChat(body: Buffer, streamed: boolean): boolean {
  try {
    const ends = streamed
      ? endsOf(body)
      : ((JSON.parse(body.toString('utf8')) as Choices).choices?.map((choice) => choice?.finish_reason) ?? [])
    return ends.length > 0 && ends.every(hasGoodEnd)
  } catch {
    return false
  }
}

/** Whether pictures may be given again: all that were asked for are there, and none of them is a link, which expires. */
export function keepsPictures(body: Buffer, count: number): boolean {
  try {
    const { data } = JSON.parse(body.toString('utf8')) as { data?: ({ b64_json?: unknown } | null)[] }
    return data !== undefined && data.length >= count && data.every((one) => typeof one?.b64_json === 'string')
  } catch {
    return false
  }
}
