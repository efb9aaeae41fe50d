import { TurnoutError } from '../core/error.ts'

/** Where a page of attempts ended: the last one's start, to the millisecond, and its id. */
export interface Position {
  startedAt: Date
  id: string
}

export const formatCursor = (position: Position): string => `${position.startedAt.getTime()}.${position.id}`

/** @throws TurnoutError invalid_input for what is not a cursor of ours */
export function parseCursor(cursor: string): Position {
  const { time, id } = /^(?<time>\d{1,14})\.(?<id>.+)$/.exec(cursor)?.groups ?? {}
  if (time === undefined || id === undefined) {
    throw new TurnoutError('invalid_input', 'cursor must be the nextCursor of the page before.', { param: 'cursor' })
  }
  return { startedAt: new Date(Number(time)), id }
}
