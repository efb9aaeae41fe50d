import pg from 'pg'
import { TurnoutError } from '../core/error.ts'

/** By the system's error code or by PostgreSQL's SQLSTATE (PostgreSQL documentation, appendix A). */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EAI_AGAIN: 'the name of the host cannot be resolved',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the host cannot be reached',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'there is no host of that name',
  ETIMEDOUT: 'the host does not answer',
}

/**
 * Why a PostgreSQL server could not be reached, for a person who has written
 * the URL. It holds nothing of the URL but host and port.
 */
export function unreachable(url: string, error: unknown): TurnoutError {
  return new TurnoutError('connection', `DATABASE_URL: ${reasonOf(error)}${placeOf(url)}.`, { param: 'DATABASE_URL' })
}

function reasonOf(error: unknown): string {
  if (error instanceof TurnoutError) return reasonOf(error.cause)
  if (error instanceof AggregateError) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  const reason = REASONS[code ?? ''] ?? error.message.replace(/\.$/, '')
  return code === undefined ? reason : `${reason} [${code}]`
}

function placeOf(url: string): string {
  try {
    const { host, port } = new pg.Client(url)
    return ` (${host}:${port})`
  } catch {
    return ''
  }
}
