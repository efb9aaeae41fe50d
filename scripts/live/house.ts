import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Model, ModelTest, Provider } from '@turnout/contract'
import { startServer } from '../../server/src/main.ts'
import { parseOptions } from '../../server/src/options.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What the run asks of a server. */
export interface House {
  providers(): Promise<Provider[]>
  models(provider: string): Promise<Model[]>
  /** Without `confirm`, a call that costs money is not made: the answer says what it would cost. */
  test(model: string, confirm: boolean): Promise<ModelTest>
  close(): Promise<void>
}

interface Answer {
  success: boolean
  data?: unknown
  error?: { message: string }
}

/** Not those of a server that may be running with the same environment: its database and its address stay its own. */
const NOT_OURS: readonly string[] = ['DATABASE_URL', 'TURNOUT_WORKERS', 'TURNOUT_PUBLIC_URL']

/**
 * A server in this process with the environment's credentials, on a data
 * directory that goes with it. The emulator never stands in.
 *
 * @param dataDir Instead of a new one; it stays when the server is closed.
 */
export async function openHouse(env: Environment, dataDir?: string): Promise<House> {
  const folder = dataDir ?? (await mkdtemp(join(tmpdir(), 'turnout-live-')))
  const leave = () => (dataDir === undefined ? rm(folder, { recursive: true, force: true, maxRetries: 20 }) : undefined)
  const adminKey = randomBytes(24).toString('base64url')
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_OURS.includes(name)))
  const flags = ['--host', '127.0.0.1', '--port', '0', '--data-dir', folder, '--emulate', 'never', '--workers', '1']
  const server = await startServer(
    parseOptions(flags, { ...own, TURNOUT_ADMIN_KEY: adminKey, LOG_LEVEL: 'silent' }),
  ).catch(async (error: unknown) => {
    await leave()
    throw error
  })

  async function ask<T>(path: string, body?: object): Promise<T> {
    const response = await fetch(server.url + path, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Bearer ${adminKey}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const { success, data, error } = (await response.json()) as Answer
    if (!success) throw new Error(error?.message ?? `the server answered ${response.status}`)
    return data as T
  }

  return {
    providers: () => ask('/api/providers'),
    models: (provider) => ask(`/api/models?available=true&limit=1000&provider=${encodeURIComponent(provider)}`),
    test: (model, confirm) => ask(`/api/models/${encodeURIComponent(model)}/test`, { confirm }),
    async close() {
      await server.close()
      await leave()
    },
  }
}
