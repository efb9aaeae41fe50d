/** What is to be reached: the ratio to bare, or the figure of Turnout itself, in the row's unit. */
export interface Goal {
  of: 'ratio' | 'turnout'
  limit: 'at most' | 'at least'
  value: number
}

/** One line of the report. */
export interface Row {
  what: string
  /** Empty for a bare number. */
  unit: string
  /** Null where there is nothing to compare with. */
  bare: number | null
  turnout: number
  goal: Goal | null
}

/** What one part of the bench found out. */
export interface Section {
  title: string
  rows: Row[]
  /** What a reader must know to judge the rows. */
  notes: string[]
}

export const atMost = (of: Goal['of'], value: number): Goal => ({ of, limit: 'at most', value })
export const atLeast = (of: Goal['of'], value: number): Goal => ({ of, limit: 'at least', value })

export const ratioOf = ({ bare, turnout }: Row): number | null => (bare ? turnout / bare : null)

/** Whether the goal is reached; null where there is none, or nothing to judge it by. */
export function isReached(row: Row): boolean | null {
  if (row.goal === null) return null
  const figure = row.goal.of === 'ratio' ? ratioOf(row) : row.turnout
  if (figure === null || Number.isNaN(figure)) return null
  return row.goal.limit === 'at most' ? figure <= row.goal.value : figure >= row.goal.value
}

/** Three significant digits, and all digits of a large number. */
export function formatFigure(value: number): string {
  if (Math.abs(value) >= 100) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}

function formatGoal({ goal, unit }: Row): string {
  if (goal === null) return ''
  const sign = goal.limit === 'at most' ? '≤' : '≥'
  return goal.of === 'ratio' ? `ratio ${sign} ${goal.value}` : `${sign} ${goal.value} ${unit}`.trimEnd()
}

function cells(row: Row): string[] {
  const ratio = ratioOf(row)
  const reached = isReached(row)
  return [
    row.what,
    row.unit,
    row.bare === null ? '' : formatFigure(row.bare),
    formatFigure(row.turnout),
    ratio === null ? '' : ratio.toFixed(2),
    formatGoal(row),
    reached === null ? '' : reached ? 'yes' : 'NO',
  ]
}

const HEADINGS = ['what', 'unit', 'bare', 'turnout', 'ratio', 'goal', 'reached']
const isNumeric = (column: number): boolean => column >= 2 && column <= 4

/** A section as text: a table of aligned columns, and the notes below. */
export function formatSection({ title, rows, notes }: Section): string {
  const table = [HEADINGS, ...rows.map(cells)]
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((line) => line[column]!.length)))
  const lines = table.map((line) =>
    line
      .map((cell, column) => (isNumeric(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
  return [title, ...lines.map((line) => `  ${line}`), ...notes.map((note) => `  - ${note}`)].join('\n')
}
