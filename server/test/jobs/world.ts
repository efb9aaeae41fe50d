import type { Job, JobAnswer } from '@turnout/contract'
import { type Emulator, type EmulatorOptions, startEmulator } from '@turnout/emulator'
import { vi } from 'vitest'
import { ADMIN_KEY, type ApiBody, type GatewayOptions, startGateway, type TestGateway } from '../gateway.ts'

/** A server whose providers of pictures and videos are an emulator's, taken for the real ones. */
export interface JobWorld {
  gateway: TestGateway
  emulator: Emulator
  /** Asks for a job; the answer is its status and its body. */
  order(
    body: object,
    options?: { kind?: 'images' | 'videos'; headers?: Record<string, string>; key?: string },
  ): Promise<{ status: number; body: JobAnswer & ApiBody; headers: Headers }>
  job(id: string): Promise<Job>
  /** The job, once `state` holds of it. */
  until(id: string, state: (job: Job) => boolean): Promise<Job>
  over(id: string): Promise<Job>
  /** How many generations the emulator would charge for. */
  generations(): number
  close(): Promise<void>
}

export const isOver = ({ state }: Pick<Job, 'state'>): boolean => state !== 'queued' && state !== 'running'

export const waitFor = <T>(check: () => T | Promise<T>, timeout = 20_000) =>
  vi.waitFor(check, { timeout, interval: 50 })

export async function jobWorld(
  options: GatewayOptions & { doubles?: EmulatorOptions; pools?: string } = {},
): Promise<JobWorld> {
  const emulator = await startEmulator({ pendingPolls: 1, ...options.doubles })
  const configuration = `
retry: { backoffBase: 0.01, backoffFactor: 1 }
providers:
  bfl: { baseUrl: '${emulator.baseUrl('bfl')}/v1' }
  fal: { baseUrl: '${emulator.baseUrl('fal')}' }
  stability: { baseUrl: '${emulator.baseUrl('stability')}' }
  openai: { baseUrl: '${emulator.openaiBaseUrl}' }
${options.configuration ?? ''}`
  const gateway = await startGateway({
    ...options,
    configuration,
    env: {
      BFL_API_KEY: 'bfl-upstream-credential',
      FAL_KEY: 'fal-id:fal-upstream-credential',
      STABILITY_API_KEY: 'sk-stability-credential',
      ...options.env,
    },
  })
  const job = async (id: string) => (await gateway.api('GET', `/api/jobs/${id}`)).body.data as Job
  const until = (id: string, state: (job: Job) => boolean) =>
    waitFor(async () => {
      const now = await job(id)
      if (!state(now)) throw new Error(`job ${id} is ${now.state}: ${JSON.stringify(now.error ?? now.waiting)}`)
      return now
    })
  return {
    gateway,
    emulator,
    async order(body, { kind = 'images', headers = {}, key = ADMIN_KEY } = {}) {
      const response = await fetch(`${gateway.url}/api/${kind}/generate`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
      return { status: response.status, body: (await response.json()) as never, headers: response.headers }
    },
    job,
    until,
    over: (id) => until(id, isOver),
    generations: () => emulator.bill().calls,
    async close() {
      await gateway.close()
      await emulator.close()
    },
  }
}
