import type { CreateJob } from '@turnout/contract'
import { ERROR_CODES, type Job, type JobKind } from '@turnout/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { ERRORS } from '../../../core/error.ts'
import { idempotencyKeyOf } from '../../../gateway/jobs/idempotency-key.ts'
import { showOrdered } from '../../../gateway/jobs/ordered.ts'
import { answerOf } from '../../../gateway/jobs/view.ts'
import type { JobRow } from '../../../jobs/types.ts'
import { callerOf } from '../../caller.ts'
import { originOf } from '../../origin.ts'
import type { ControlPlaneServices } from '../../services.ts'

/** Makes a job of a request, waits as long as that wants, and answers with what there is by then. */
export async function generate(
  kind: JobKind,
  body: z.infer<typeof CreateJob>,
  request: FastifyRequest,
  reply: FastifyReply,
  { jobs, publicUrl }: ControlPlaneServices,
): Promise<FastifyReply> {
  const caller = callerOf(request, reply)
  const created = await jobs.create({ kind, body, idempotencyKey: idempotencyKeyOf(request) }, caller)
  const job = await jobs.settled(created, body.wait, caller.signal)
  return sendJob(await showOrdered(jobs, job, originOf(request, publicUrl)), job, request, reply)
}

/** A job by what became of it: 200 when it is there, 202 while it is not, else the status of its error. */
export function sendJob(
  shown: Job,
  { state, error }: Pick<JobRow, 'state' | 'error'>,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const answer = answerOf(shown)
  reply.header('x-turnout-job-id', shown.id)
  if (state === 'succeeded') return reply.code(200).send(answer)
  if (state === 'queued' || state === 'running') {
    return reply.code(202).header('location', `/api/jobs/${shown.id}`).send(answer)
  }
  const code = error?.code ?? ERROR_CODES[ERROR_CODES.length - 1]!
  const failure = {
    ...answer,
    error: { code, message: error?.message ?? 'The job failed.', details: error, requestId: request.id },
  }
  return reply
    .code(ERRORS[code].status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(failure)
}
