import type { Usage } from '@turnout/contract'
import type { Assignment } from '../core/routing/experiment.ts'
import { storable } from '../lib/storable.ts'
import type { AttemptEnd, AttemptStart, OpenAttempt } from './types.ts'

/**
 * The two lines that a spool file holds for an attempt, as JSON objects whose
 * members are columns of the table `attempts`. Both identify the attempt in
 * full, so that either makes a row by itself and they may arrive in any order.
 */

/** The line for an attempt that has begun. */
export const startLine = (start: AttemptStart): OpenAttempt => `{${identity(start)}${RUNNING}` as OpenAttempt

/** The line for an attempt that has ended: that of its start with another end. */
export function endLine(start: OpenAttempt, end: AttemptEnd): string {
  let line = `${start.slice(0, -RUNNING.length)},"outcome":"${end.outcome}","latency_ms":${integer(end.latencyMs)}`
  if (end.errorCode !== undefined) line += `,"error_code":"${end.errorCode}"`
  if (end.firstPartMs !== undefined) line += `,"first_part_ms":${integer(end.firstPartMs)}`
  if (end.cost !== null) line += `,"cost_nano":${end.cost}`
  if (end.upstreamRequestId !== undefined) line += `,"upstream_request_id":${quote(end.upstreamRequestId)}`
  return `${line},"usage":${usageObject(end.usage)}}`
}

const RUNNING = ',"outcome":"running"}'
const ID_AT = '{"id":"'.length

/**
 * The whole lines of a spool file without the starts whose ends stand behind
 * them: an end says all that its start said, and the database has half the
 * work. What is still running keeps its start.
 */
export function withoutEndedStarts(lines: string): string {
  const ended = new Set<string>()
  const kept: string[] = []
  for (let end = lines.length; end > 0; ) {
    const from = lines.lastIndexOf('\n', end - 2) + 1
    const id = lines.slice(from + ID_AT, lines.indexOf('"', from + ID_AT))
    if (!lines.startsWith(RUNNING, end - 1 - RUNNING.length)) {
      ended.add(id)
      kept.push(lines.slice(from, end))
    } else if (!ended.has(id)) kept.push(lines.slice(from, end))
    end = from
  }
  return kept.reverse().join('')
}

function identity(start: AttemptStart): string {
  return (
    `"id":${quote(start.id)},"request_id":${quote(start.requestId)},"attempt":${start.attempt}` +
    `,"operation":"${start.operation}","model":${quote(start.model)},"provider":${quote(start.provider)}` +
    `,"upstream_model":${quote(start.upstreamModel)},"key_id":${quoteOrNull(start.keyId)}` +
    `,"user_id":${quoteOrNull(start.user)},"started_at":${integer(start.startedAt)}` +
    `,"streamed":${start.streamed},"emulated":${start.emulated}${start.assignment ? assigned(start.assignment) : ''}`
  )
}

const assigned = ({ experiment, variant }: Assignment): string =>
  `,"experiment":${quote(experiment)},"variant":${quote(variant)}`

/** What a JSON string must not hold as it is, and what might not be plain ASCII. */
const NOT_PLAIN = /[^\x20\x21\x23-\x5b\x5d-\x7e]/

function quote(text: string): string {
  if (!NOT_PLAIN.test(text)) return `"${text}"`
  return JSON.stringify(storable(text))
}

const quoteOrNull = (text: string | null): string => (text === null ? 'null' : quote(text))

/** Milliseconds as the table's integers; what is no number is not known. */
const integer = (value: number): string => (Number.isFinite(value) ? Math.round(value).toString() : 'null')

function usageObject(usage: Usage): string {
  let members = ''
  for (const name in usage) {
    const amount = usage[name as keyof Usage]
    if (amount !== undefined && Number.isFinite(amount)) members += `${members && ','}"${name}":${amount}`
  }
  return `{${members}}`
}
