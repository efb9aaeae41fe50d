import { appendFile, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import type { Database, Log } from '../db/database.ts'
import { withoutEndedStarts } from './records.ts'

/** About a thousand records. */
const BATCH_CHARACTERS = 512 * 1024
/** Where lines go that the database will never take, so that they hold up nothing and are not lost either. */
const REJECTED_FILE = 'rejected.jsonl'

export interface Sink {
  database: Database
  log: Log
}

/**
 * Brings a spool file into the table `attempts`. Doing so again changes
 * nothing. A last line without a line feed was cut off by the death of its
 * writer, before anybody relied on it, and is left out.
 *
 * @throws what the database failed with; what came before the failure is stored
 */
export async function importFile(sink: Sink, path: string, writer: string): Promise<void> {
  const text = await readOrMiss(sink, path)
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  for (const lines of batches(withoutEndedStarts(whole))) {
    await insert(sink.database, lines, writer).catch(async (error: unknown) => {
      if (!isAboutData(error)) throw error
      await insertSingly(sink, lines, writer, join(dirname(path), REJECTED_FILE))
    })
  }
}

/** A file that somebody deleted must not hold up the ones after it. */
async function readOrMiss(sink: Sink, path: string): Promise<string> {
  try {
    // Decoded in one go: by chunks, as `readFile` does it with an encoding, takes five times as long.
    return (await readFile(path)).toString('utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    sink.log.error({ file: path }, 'ledger: a spool file is gone, and what it held with it')
    return ''
  }
}

/** What is still running in the records of a writer that is gone will never be known. */
export async function closeWriter(database: Database, writer: string): Promise<void> {
  await database.sql
    .updateTable('attempts')
    .set({ outcome: 'unknown', cost_nano: null })
    .where('writer', '=', writer)
    .where('outcome', '=', 'running')
    .execute()
}

/** The lines, many at a time. */
function* batches(text: string): Generator<string> {
  const end = text.length
  for (let from = 0; from < end; ) {
    const cut = text.indexOf('\n', Math.min(from + BATCH_CHARACTERS, end - 1))
    yield text.slice(from, cut)
    from = cut + 1
  }
}

/**
 * One statement for all lines. Of one attempt an end wins over a start, both
 * within the batch and over what is stored, whatever the order.
 */
async function insert(database: Database, lines: string, writer: string): Promise<void> {
  // Line feeds inside strings are escaped, so all there are stand between the lines.
  await sql`
    insert into attempts (
      id, request_id, attempt, operation, model, provider, upstream_model, key_id, user_id, started_at, latency_ms,
      first_part_ms, streamed, outcome, error_code, usage, cost_nano, emulated, upstream_request_id,
      experiment, variant, writer)
    select distinct on (id)
      id, request_id, attempt, operation, model, provider, upstream_model, key_id, user_id,
      timestamptz 'epoch' + started_at * interval '1 millisecond', latency_ms,
      first_part_ms, streamed, outcome, error_code, coalesce(usage, '{}'), cost_nano, emulated, upstream_request_id,
      experiment, variant, ${writer}::text
    from json_to_recordset(('[' || replace(${lines}::text, chr(10), ',') || ']')::json) as line (
      id text, request_id text, attempt int, operation text, model text, provider text, upstream_model text,
      key_id text, user_id text, started_at bigint, latency_ms int, first_part_ms int, streamed bool, outcome text,
      error_code text, usage jsonb, cost_nano bigint, emulated bool, upstream_request_id text,
      experiment text, variant text)
    order by id, outcome = 'running'
    on conflict (id) do update set
      latency_ms = excluded.latency_ms, first_part_ms = excluded.first_part_ms, outcome = excluded.outcome,
      error_code = excluded.error_code, usage = excluded.usage, cost_nano = excluded.cost_nano,
      upstream_request_id = excluded.upstream_request_id
    where attempts.outcome in ('running', 'unknown') and excluded.outcome <> 'running'`.execute(database.sql)
}

async function insertSingly(sink: Sink, lines: string, writer: string, rejected: string): Promise<void> {
  for (const line of lines.split('\n')) {
    try {
      await insert(sink.database, line, writer)
    } catch (error) {
      if (!isAboutData(error)) throw error
      await appendFile(rejected, `${line}\n`)
      sink.log.error({ err: error, file: rejected }, 'ledger: a record that the database refuses was put aside')
    }
  }
}

/**
 * Whether the statement would fail again with the same lines: SQLSTATE classes
 * 22 (data exception), 23 (integrity constraint) and 54 (program limit).
 */
function isAboutData(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^(22|23|54)/.test(code)
}
