/** Between which two steps of a job a process may die, in their order, and in words. */
export const BOUNDARIES = {
  'before-row': 'before the attempt row',
  'after-row': 'after the attempt row, before the POST',
  'after-post': 'after the POST, before the answer',
  'after-answer': 'after the answer, before it is stored',
  'after-accepted': 'after it is stored',
  'mid-poll': 'while polling',
  'after-poll': 'after a poll, before its word is stored',
  'mid-copy': 'while copying, in the middle of the bytes',
  'after-copy': 'after copying, before that is stored',
  'before-settlement': 'before settlement',
  'before-webhook': 'after settlement, before the webhook',
  'during-webhook': 'while the webhook is on its way',
  'after-webhook': 'after the webhook, before that is stored',
} as const

export type Boundary = keyof typeof BOUNDARIES

/** When a server is to kill itself. It is told by the variable CRASH_PLAN, as JSON. */
export interface CrashPlan {
  /** `any` counts all of them. */
  boundary: Boundary | 'any'
  /** The how-manieth time it comes there, from 1. */
  nth: number
  /** Turns of the event loop that it lives on. */
  turns: number
  /** The lock of the embedded database, whose process is to die as well. */
  lock: string | undefined
  /** The file to leave word in. */
  report: string
}

/**
 * How far a call for a job was when the server died: about to be written down;
 * written down and perhaps sent; about to have its answer written down.
 */
export type Phase = 'committing' | 'sent' | 'storing'

/** What a server leaves behind that has killed itself. */
export interface CrashReport {
  boundary: Boundary
  /** The calls whose outcome it took with it, by job. */
  calls: { job: string; phase: Phase }[]
}
