import type { CreateJob, JobKind } from '@turnout/contract'
import type { JobRequest, ReadImage } from '../../jobs/types.ts'

/** A request for a job, with what is not in its body. */
export interface Asked {
  kind: JobKind
  body: CreateJob
  /** What is asked for, where it came in another dialect; the body only shows it then. */
  image?: ReadImage | undefined
  /** The end user as that dialect names one: recorded as given. */
  user?: string | undefined
  /** Where the body says nothing; absent: what is usual for its kind. */
  deadlineMs?: number | undefined
  idempotencyKey?: string | undefined
  /** What the client sent, where that is not the body. */
  sent?: object | undefined
  /** A client waits for it who cannot come back. */
  pressing?: boolean
  retryOf?: string | undefined
  set?: { id: string; place: number }
  /** What the client wrote, where the prompt was enhanced. */
  originalPrompt?: string
  /** The template that asks for it, and what is to be drawn over every picture. */
  template?: JobRequest['template'] | undefined
  composition?: JobRequest['composition'] | undefined
  warnings?: string[]
}

/** What the client sent; how long it waits is no part of it. */
export const sentOf = ({ sent, kind, image, body: { wait: _, ...body } }: Asked): object =>
  sent ?? { kind, ...body, image }
