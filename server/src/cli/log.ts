import { type Logger, pino } from 'pino'
import type { ServerOptions } from '../options.ts'

/**
 * The log of a command that runs and ends: a person reads its output, so
 * modules are heard only where LOG_LEVEL asks for details, and on stderr.
 */
export function commandLog({ logLevel }: Pick<ServerOptions, 'logLevel'>): Logger {
  const level = logLevel === 'debug' || logLevel === 'trace' ? logLevel : 'silent'
  return pino({ level, base: undefined }, pino.destination({ dest: 2, sync: true }))
}
