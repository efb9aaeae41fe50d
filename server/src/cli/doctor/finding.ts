import { oneLine, paint, type Style, type Terminal } from '../terminal.ts'

export interface Finding {
  /** `fail` keeps the server from doing its work; `warn` is worth a look. */
  level: 'ok' | 'warn' | 'fail'
  /** What was looked at, and how it is. */
  message: string
  /** What to do about it. */
  mend?: string
}

export const ok = (message: string): Finding => ({ level: 'ok', message })
export const warn = (message: string, mend?: string): Finding => ({ level: 'warn', message, mend })
export const fail = (message: string, mend?: string): Finding => ({ level: 'fail', message, mend })

const MARKS: Readonly<Record<Finding['level'], readonly [mark: string, style: Style]>> = {
  ok: ['✓', 'green'],
  warn: ['!', 'yellow'],
  fail: ['✗', 'red'],
}

export function printFinding({ level, message, mend }: Finding, terminal: Terminal): void {
  const [mark, style] = MARKS[level]
  terminal.out(`${paint(terminal, style, mark)} ${oneLine(message)}`)
  if (mend !== undefined) terminal.out(`  ${paint(terminal, 'dim', `→ ${oneLine(mend)}`)}`)
}
