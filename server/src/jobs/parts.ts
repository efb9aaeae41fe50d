import { sql } from 'kysely'
import { isHopeless } from '../core/hopeless.ts'
import type { MappedSetting } from '../core/image/request.ts'
import { addCosts, addUsage } from '../core/usage.ts'
import { change, type Db, json } from './record.ts'
import type { Announcer } from './transitions.ts'
import type { JobRequest, JobRow } from './types.ts'

/** A job of several calls has begun when its first part has. */
export async function startParent(db: Db, part: JobRow): Promise<void> {
  if (part.parent_id === null) return
  const parent = await lock(db, part.parent_id)
  if (parent.state !== 'queued') return
  await change(db, parent.id, { state: 'running', started_at: sql<Date>`now()` }, {}, { type: 'job.running' })
}

/**
 * Nobody else changes the job, or what hangs on it, until the end of the
 * transaction. The whole comes before its part, and the job before its attempt.
 */
export const lock = (db: Db, id: string): Promise<JobRow> =>
  db.selectFrom('jobs').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow()

/**
 * A part of a job has ended. What has been made has been paid for, so the job
 * has succeeded where any part has, with a warning that says what is missing.
 */
export async function finishParent(db: Db, parentId: string, announce: Announcer['announce']): Promise<void> {
  const parent = await lock(db, parentId)
  const parts = await db.selectFrom('jobs').selectAll().where('parent_id', '=', parentId).orderBy('place').execute()
  const open = parts.filter(({ state }) => state === 'queued' || state === 'running')
  const known = { ...shared(parts), mapped: json([...(parts[0]?.mapped ?? []), ...seedsOf(parent, parts)]) }
  if (open.length > 0) {
    if (parts.some(({ state, error }) => state === 'failed' && error && isHopeless(error))) await callOff(db, parentId)
    const progress = (parts.length - open.length) / parts.length
    await announce(db, await change(db, parentId, { ...known, progress }, {}, { type: 'job.progress' }), 'progress')
    return
  }
  const state = stateOf(parts)
  const bad = parts.filter((part) => part.state !== 'succeeded')
  const failed = bad.filter((part) => part.state !== 'canceled')
  const told = failed.length > 0 ? failed : bad
  const reasons = [...new Set(told.map(({ error }) => error?.message ?? 'It was canceled.'))]
  const lost = `${countOf(bad)} of ${countOf(parts)} ${OUTPUTS[parent.kind]} could not be made: ${reasons.join(' ')}`
  const finished = await change(
    db,
    parentId,
    {
      ...known,
      state,
      step: 'rest',
      finished_at: sql<Date>`now()`,
      progress: state === 'succeeded' ? 1 : null,
      error: state === 'succeeded' ? null : json(errorOf(bad)),
      warnings: json([
        ...new Set([
          ...(state === 'succeeded' && bad.length > 0 ? [lost] : []),
          ...parent.warnings,
          ...parts.flatMap(({ warnings }) => warnings),
        ]),
      ]),
    },
    {},
    { type: `job.${state}` },
  )
  if (finished.state !== parent.state) await announce(db, finished)
}

/**
 * Those that have not begun would meet the same: they are not begun. One that
 * begins just now waits for the lock on the whole, and hears of it then; one
 * that is just being taken is left alone.
 */
async function callOff(db: Db, parentId: string): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ cancel_requested_at: sql<Date>`now()`, wake_at: sql<Date>`now()` })
    .where('id', 'in', (query) =>
      query
        .selectFrom('jobs')
        .select('id')
        .where('parent_id', '=', parentId)
        .where('state', '=', 'queued')
        .where('cancel_requested_at', 'is', null)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}

const OUTPUTS = { text: 'texts', image: 'pictures', video: 'videos' } as const

const requestOf = ({ request }: JobRow): JobRequest => request as JobRequest

/** How many outputs the parts were to make. */
const countOf = (parts: readonly JobRow[]): number => parts.reduce((sum, part) => sum + (requestOf(part).count ?? 1), 0)

/** Each call has the next seed, or all of them would make the same. */
function seedsOf(parent: JobRow, parts: readonly JobRow[]): MappedSetting[] {
  const used = parts.flatMap((part) => requestOf(part).seed ?? [])
  if (used.length < 2) return []
  const reason = `the model makes at most ${requestOf(parts[0]!).count} per call: each further call has the next seed`
  return [{ setting: requestOf(parent).image?.names.seed ?? 'seed', asked: used[0], used, reason }]
}

function stateOf(parts: readonly JobRow[]): JobRow['state'] {
  const has = (state: JobRow['state']) => parts.some((part) => part.state === state)
  if (has('succeeded')) return 'succeeded'
  if (has('unknown')) return 'unknown'
  return has('failed') ? 'failed' : 'canceled'
}

const errorOf = (bad: readonly JobRow[]): object =>
  (bad.find(({ state }) => state === 'unknown') ?? bad.find(({ state }) => state === 'failed') ?? bad[0])?.error ?? {
    code: 'canceled',
    message: 'The job was canceled.',
  }

/** What the parts come to together. */
const shared = (parts: readonly JobRow[]) => ({
  outputs: json(parts.flatMap(({ outputs }) => outputs)),
  usage: json(addUsage(parts.map(({ usage }) => usage))),
  quoted_nano: addCosts(parts.map(({ quoted_nano }) => quoted_nano)),
  reported_nano: addCosts(parts.map(({ reported_nano }) => reported_nano)),
  settled_nano: addCosts(parts.map(({ settled_nano }) => settled_nano)),
  deployment: parts[0]?.deployment ?? null,
  provider: parts[0]?.provider ?? null,
  emulated: parts.some(({ emulated }) => emulated),
})
