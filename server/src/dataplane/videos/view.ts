import type { Job, JobOutput, OpenAIVideo } from '@turnout/contract'
import type { StoredArtifact } from '../../core/artifact.ts'
import { sentenceOf } from '../../core/image/answer.ts'
import type { Exchange } from '../exchange.ts'
import { inOurWords } from './request.ts'

const STATUS: Readonly<Record<Job['state'], OpenAIVideo['status']>> = {
  queued: 'queued',
  running: 'in_progress',
  succeeded: 'completed',
  failed: 'failed',
  canceled: 'failed',
  unknown: 'failed',
}

const inSeconds = (time: string | null): number | null => (time === null ? null : Math.floor(Date.parse(time) / 1000))

/** The video among what a job has made. */
export const videoAmong = ({ outputs }: Pick<Job, 'outputs'>): JobOutput | undefined =>
  outputs.find(({ mediaType }) => mediaType.startsWith('video/'))

/** What a setting was sent as, as far as that is known before the video is there. */
function sentAs({ mapped, options, inputs }: Job, name: string): unknown {
  return mapped.find(({ setting }) => inOurWords(setting) === name)?.used ?? options[name] ?? inputs[name] ?? null
}

function secondsOf(job: Job): string | null {
  const { durationMs } = videoAmong(job) ?? {}
  const seconds = durationMs ? Math.round(durationMs / 10) / 100 : sentAs(job, 'seconds')
  return seconds === null ? null : String(seconds)
}

function sizeOf(job: Job): string | null {
  const { width, height } = videoAmong(job) ?? {}
  if (width && height) return `${width}x${height}`
  const used = sentAs(job, 'size')
  if (typeof used === 'string' && /^\d+x\d+$/.test(used)) return used
  const asked = job.options as { width?: number; height?: number }
  return asked.width === undefined ? null : `${asked.width}x${asked.height}`
}

/** A job as OpenAI's API shows a video. @param artifact What was made, as it is kept now. */
export function videoOf(job: Job, artifact: StoredArtifact | undefined): OpenAIVideo {
  const { prompt } = job.inputs
  const status = STATUS[job.state]
  return {
    id: job.id,
    object: 'video',
    model: job.model,
    status,
    // All of it is there only when it is kept.
    progress: status === 'completed' ? 100 : Math.min(99, Math.floor((job.progress ?? 0) * 100)),
    prompt: typeof prompt === 'string' ? prompt : null,
    seconds: secondsOf(job),
    size: sizeOf(job),
    created_at: inSeconds(job.createdAt)!,
    completed_at: status === 'completed' ? inSeconds(job.finishedAt) : null,
    expires_at: inSeconds(artifact?.deletedAt ?? artifact?.expiresAt ?? null),
    error: job.error && status === 'failed' ? { code: job.error.code, message: job.error.message } : null,
    remixed_from_video_id: null,
  }
}

/** What the head of an answer says of the job that it is about. */
export function tellOf(job: Job, exchange: Exchange): void {
  const { id, model, deployment, provider, attempts, cost, mapped, warnings } = job
  const tried = new Set(attempts.map((attempt) => attempt.deployment)).size
  const isRoute = deployment !== null && /^(pool|role):/.test(model)
  exchange.tell(
    {
      'x-turnout-job-id': id,
      'x-turnout-model': deployment ?? model,
      ...(provider !== null && { 'x-turnout-provider': provider }),
      'x-turnout-attempts': String(attempts.length),
      ...(isRoute && { 'x-turnout-route': model, 'x-turnout-fallbacks': String(Math.max(0, tried - 1)) }),
      ...(cost.settled !== null && { 'x-turnout-cost': cost.settled }),
    },
    [...mapped.map((each) => inOurWords(sentenceOf(each))), ...warnings],
    deployment ?? model,
  )
}
