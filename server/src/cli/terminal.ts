/** Where a command writes. */
export interface Terminal {
  /** What was asked for. */
  out(text: string): void
  /** What went wrong, and what only a person wants to know. */
  error(text: string): void
  /** Whether `out` is a terminal that shows colours. */
  readonly colours: boolean
}

/** Plain text where the output goes to a file or a program, or where NO_COLOR asks for it (https://no-color.org). */
export function processTerminal(env: Readonly<Record<string, string | undefined>>): Terminal {
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    error: (text) => process.stderr.write(`${text}\n`),
    colours: process.stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
  }
}

const CODES = { bold: 1, red: 31, green: 32, yellow: 33, dim: 2 } as const
export type Style = keyof typeof CODES

export function paint(terminal: Terminal, style: Style, text: string): string {
  return terminal.colours ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text
}

/** Columns as wide as their widest cell; the last one ends where its text ends. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((cells) => cells.map((cell) => oneLine(cell)))
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)))
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Text from elsewhere: no line breaks, and nothing that would steer the terminal. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}
