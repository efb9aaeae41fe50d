import type { Job, JobAnswer, JobAttempt, JobOutput } from '@turnout/contract'
import type { ArtifactKeeper, StoredArtifact } from '../../core/artifact.ts'
import type { MappedSetting } from '../../core/image/request.ts'
import { formatDollars } from '../../core/price.ts'
import type { AttemptRow, JobRequest, JobRow, KeptOutput } from '../../jobs/types.ts'

const time = (date: Date | null): string | null => date?.toISOString() ?? null
const money = (nano: bigint | null): string | null => (nano === null ? null : formatDollars(nano))

/** How a job is shown: the same in an answer, an event and a webhook. */
export class JobView {
  readonly #keeper: Pick<ArtifactKeeper, 'link' | 'thumbnailLink'>

  constructor(keeper: Pick<ArtifactKeeper, 'link' | 'thumbnailLink'>) {
    this.#keeper = keeper
  }

  /** @param baseUrl Where clients reach this server, without a trailing slash. */
  of(job: JobRow, attempts: readonly AttemptRow[], baseUrl: string): Job {
    const { inputs, options, originalPrompt = null, template = null } = job.request as JobRequest
    const outputs = job.outputs as KeptOutput[]
    return {
      id: job.id,
      kind: job.kind,
      state: job.state,
      model: job.model,
      deployment: job.deployment,
      provider: job.provider,
      inputs,
      options,
      originalPrompt,
      userId: job.user_id,
      keyId: job.key_id,
      metadata: job.metadata,
      priority: job.priority,
      progress: job.progress,
      queuePosition: job.queue_position,
      waiting: job.waiting,
      outputs: outputs.flatMap(({ artifact, ...told }) => (artifact ? [this.#output(artifact, told, baseUrl)] : [])),
      text: outputs.find(({ text }) => text !== undefined)?.text ?? null,
      cost: {
        quoted: money(job.quoted_nano),
        reported: money(job.reported_nano),
        settled: money(job.settled_nano),
      },
      usage: job.usage,
      error: job.error,
      warnings: job.warnings,
      mapped: job.mapped as MappedSetting[],
      attempts: attempts.map(attemptOf),
      template,
      setId: job.set_id,
      retryOf: job.retry_of,
      emulated: job.emulated,
      sequence: job.sequence,
      createdAt: job.created_at.toISOString(),
      startedAt: time(job.started_at),
      finishedAt: time(job.finished_at),
      deadlineAt: job.deadline_at.toISOString(),
      cancelRequestedAt: time(job.cancel_requested_at),
      urls: {
        self: `${baseUrl}/api/jobs/${job.id}`,
        events: `${baseUrl}/api/jobs/${job.id}/events`,
        cancel: `${baseUrl}/api/jobs/${job.id}/cancel`,
      },
    }
  }

  #output(
    artifact: StoredArtifact,
    { seed, revisedPrompt, composedOf }: Omit<KeptOutput, 'artifact'>,
    baseUrl: string,
  ): JobOutput {
    const { id, mediaType, bytes, sha256, width, height, durationMs, thumbhash, hasThumbnail } = artifact
    return {
      artifactId: id,
      url: this.#keeper.link(id, { baseUrl }),
      mediaType,
      bytes,
      sha256,
      width,
      height,
      durationMs,
      thumbnailUrl: hasThumbnail ? this.#keeper.thumbnailLink(id, { baseUrl }) : null,
      thumbhash,
      seed,
      revisedPrompt,
      composedOf: composedOf ?? null,
    }
  }
}

const attemptOf = (attempt: AttemptRow, index: number): JobAttempt => ({
  id: attempt.id,
  number: index + 1,
  deployment: attempt.deployment,
  provider: attempt.provider,
  state: attempt.state,
  startedAt: attempt.started_at.toISOString(),
  acceptedAt: time(attempt.accepted_at),
  finishedAt: time(attempt.finished_at),
  upstreamRequestId: attempt.upstream_request_id,
  error: attempt.error,
})

const STATUS: Readonly<Record<Job['state'], JobAnswer['status']>> = {
  queued: 'queued',
  running: 'processing',
  succeeded: 'completed',
  failed: 'failed',
  canceled: 'canceled',
  unknown: 'unknown',
}

/** A job as the answer to the request for it: what most want of it stands at the top. */
export function answerOf(job: Job): JobAnswer {
  const isVideo = ({ mediaType }: JobOutput) => mediaType.startsWith('video/')
  const images = job.outputs.filter((output) => !isVideo(output))
  const videos = job.outputs.filter(isVideo)
  return {
    success: job.state === 'queued' || job.state === 'running' || job.state === 'succeeded',
    jobId: job.id,
    status: STATUS[job.state],
    imageUrl: images[0]?.url ?? null,
    images,
    videoUrl: videos[0]?.url ?? null,
    videos,
    cost: job.cost.settled ?? job.cost.quoted,
    data: job,
  }
}
