import { subscribe } from 'node:diagnostics_channel'
import { readFileSync, writeFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { ArtifactStore } from '../../server/src/artifacts/store.ts'
import { Transitions } from '../../server/src/jobs/transitions.ts'
import { SafeFetcher } from '../../server/src/lib/http/safe-fetch.ts'
import { ADAPTERS } from '../../server/src/providers/index.ts'
import type { Boundary, CrashPlan, CrashReport, Phase } from './boundaries.ts'

// Loaded into a server before its program, this kills it with SIGKILL where the plan says so. It stands between the
// parts of the real server, which know nothing of it.

const plan = JSON.parse(process.env.CRASH_PLAN!) as CrashPlan

/** By the row of the job or part. */
const calls = new Map<string, CrashReport['calls'][number]>()
let count = 0

async function die(boundary: Boundary): Promise<void> {
  for (let turns = 0; turns < plan.turns; turns += 1) await turn()
  const report: CrashReport = { boundary, calls: [...calls.values()] }
  writeFileSync(plan.report, JSON.stringify(report))
  if (plan.lock !== undefined)
    process.kill((JSON.parse(readFileSync(plan.lock, 'utf8')) as { pid: number }).pid, 'SIGKILL')
  process.kill(process.pid, 'SIGKILL')
}

function reached(boundary: Boundary): void {
  if (plan.boundary !== 'any' && plan.boundary !== boundary) return
  count += 1
  if (count === plan.nth) void die(boundary)
}

function enter(row: string, phase: Phase, job?: string): void {
  const known = calls.get(row)
  if (known) known.phase = phase
  else if (job !== undefined) calls.set(row, { job, phase })
}

/** What a call came to is being stored; with that it is no secret any more. */
async function storing<T>(row: string, work: Promise<T>): Promise<T> {
  enter(row, 'storing')
  const stored = await work
  calls.delete(row)
  return stored
}

const { submitting, accepted, progressed, made, goesOn, finished } = Transitions.prototype

Transitions.prototype.submitting = async function (job, ...rest) {
  reached('before-row')
  enter(job.id, 'committing', job.parent_id ?? job.id)
  const row = await submitting.call(this, job, ...rest)
  enter(job.id, 'sent')
  reached('after-row')
  return row
}

Transitions.prototype.accepted = async function (attempt, pending) {
  const stored = await storing(attempt.job_id, accepted.call(this, attempt, pending))
  reached('after-accepted')
  return stored
}

Transitions.prototype.progressed = async function (...all) {
  reached('after-poll')
  await progressed.call(this, ...all)
}

Transitions.prototype.made = async function (attempt, ...rest) {
  reached(calls.has(attempt.job_id) ? 'after-answer' : 'after-poll')
  return storing(attempt.job_id, made.call(this, attempt, ...rest))
}

Transitions.prototype.goesOn = async function (job, ...rest) {
  await storing(job.id, goesOn.call(this, job, ...rest))
}

Transitions.prototype.finished = async function (job, ...rest) {
  reached('before-settlement')
  const row = await storing(job.id, finished.call(this, job, ...rest))
  reached('before-webhook')
  return row
}

for (const { image } of ADAPTERS.values()) {
  if (image === undefined) continue
  const { start } = image
  image.start = async (call, connection) => {
    const outcome = await start(call, connection)
    reached('after-answer')
    return outcome
  }
}

/** The same bytes, with a stop in the middle of the first of them. */
async function* halved(bytes: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true
  for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
    const half = first ? chunk.length >> 1 : 0
    if (first) {
      first = false
      yield chunk.subarray(0, half)
      await turn()
      reached('mid-copy')
    }
    yield chunk.subarray(half)
  }
}

const { keep } = ArtifactStore.prototype
ArtifactStore.prototype.keep = async function (bytes, about) {
  const artifact = await keep.call(this, halved(bytes), about)
  reached('after-copy')
  return artifact
}

const { post } = SafeFetcher.prototype
SafeFetcher.prototype.post = async function (...all) {
  const answer = await post.call(this, ...all)
  reached('after-webhook')
  return answer
}

subscribe('undici:request:bodySent', (message) => {
  const { method, path } = (message as { request: { method: string; path: string } }).request
  if (path.startsWith('/hook')) reached('during-webhook')
  else if (method === 'POST') reached('after-post')
  else if (path.includes('get_result')) reached('mid-poll')
})
