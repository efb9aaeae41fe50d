import { type PGlite, protocol } from '@electric-sql/pglite'
import type { RawResult } from './protocol.ts'

/** What statements need of PGlite. */
export type Backend = Pick<PGlite, 'execProtocol'>

type Columns = RawResult['columns']
type Row = (string | null)[]
type Message = Awaited<ReturnType<PGlite['execProtocol']>>['messages'][number]

/** How many statements are remembered; each that is prepared holds its plan in memory. */
const MOST_KNOWN = 200
/** Tags of commands, as PostgreSQL answers with them: rows that a SELECT gives are not changed. */
const SCHEMA_CHANGE = /^(CREATE|ALTER|DROP)/
const CHANGED_ROWS = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/

const { serialize } = protocol
const EXECUTE = serialize.execute({})
const SYNC = serialize.sync()
const DESCRIBE = serialize.describe({ type: 'P' })

interface Known {
  name: string
  /** Undefined until it has been prepared under its name. */
  columns: Columns | undefined
}

/**
 * Carries out statements by PostgreSQL's own protocol: what is asked goes to
 * the database in one piece, and a text that comes again is parsed and
 * planned no more. PGlite's `query` asks five times for each statement, which
 * takes three to five times as long.
 */
export class Statements {
  readonly #db: Backend
  /** By their text, in the order of their last use; one that has come only once is not prepared yet. */
  readonly #known = new Map<string, Known>()
  #names = 0

  constructor(db: Backend) {
    this.#db = db
  }

  /** @throws the error of the database, with its SQLSTATE as `code` */
  async query(sql: string, parameters: readonly (string | null)[]): Promise<RawResult> {
    const known = this.#known.get(sql)
    const { changesSchema, ...result } = resultOf(await this.#ask(sql, parameters, known), known?.columns)
    // What is planned may be wrong by now.
    if (changesSchema) this.#known.clear()
    else await this.#remember(sql, { name: known?.name ?? this.#newName(), columns: known && result.columns })
    return result
  }

  async #ask(sql: string, values: readonly (string | null)[], known: Known | undefined): Promise<Message[]> {
    const { name = '', columns } = known ?? {}
    const run = [
      serialize.bind({ statement: name, values: [...values] }),
      ...(columns ? [] : [DESCRIBE]),
      EXECUTE,
      SYNC,
    ]
    // One that failed the last time may be there already.
    const prepare = columns ? [] : [serialize.close({ type: 'S', name }), serialize.parse({ name, text: sql })]
    return (await this.#db.execProtocol(Buffer.concat([...prepare, ...run]))).messages
  }

  #newName(): string {
    this.#names += 1
    return `turnout_${this.#names}`
  }

  async #remember(sql: string, known: Known): Promise<void> {
    this.#known.delete(sql)
    this.#known.set(sql, known)
    if (this.#known.size <= MOST_KNOWN) return
    const [oldest, { name, columns }] = this.#known.entries().next().value!
    this.#known.delete(oldest)
    if (columns) await this.#db.execProtocol(Buffer.concat([serialize.close({ type: 'S', name }), SYNC]))
  }
}

/** @param columns Those of a statement that is not described again. */
function resultOf(messages: readonly Message[], columns: Columns = []): RawResult & { changesSchema: boolean } {
  const result = { command: '', columns, rows: [] as Row[], affectedRows: 0, changesSchema: false }
  for (const message of messages) {
    if (isA(message, 'rowDescription')) {
      result.columns = message.fields.map(({ name, dataTypeID }) => ({ name, oid: dataTypeID }))
    } else if (isA(message, 'dataRow')) result.rows.push(message.fields)
    else if (isA(message, 'commandComplete')) {
      const tag = message.text
      result.command = tag.split(' ')[0]!
      result.affectedRows = Number(CHANGED_ROWS.exec(tag)?.[1] ?? 0)
      result.changesSchema = SCHEMA_CHANGE.test(tag)
    }
  }
  return result
}

/** The messages that carry a result, which PGlite's types do not tell apart. */
interface Messages {
  rowDescription: { fields: { name: string; dataTypeID: number }[] }
  dataRow: { fields: Row }
  commandComplete: { text: string }
}

const isA = <N extends keyof Messages>(message: Message, name: N): message is Message & Messages[N] =>
  message.name === name
