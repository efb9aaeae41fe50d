import type { ValidationVerdict } from '@turnout/contract'

/** What the chunks of one answer have in common. */
export interface ChunkHead {
  id?: unknown
  created?: unknown
  model?: unknown
}

/** The chunk by which a stream ends that was validated, before it was sent or after. */
export function verdictChunk(
  { id, created, model }: ChunkHead,
  validation: ValidationVerdict,
  warnings: readonly string[],
): Buffer {
  const turnout = { ...(warnings.length > 0 && { warnings }), validation }
  const chunk = { id, created, model, object: 'chat.completion.chunk', choices: [], turnout }
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)
}
