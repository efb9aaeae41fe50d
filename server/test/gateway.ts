import { writeFile } from 'node:fs/promises'
import { type Emulator, type EmulatorOptions, startEmulator } from '@turnout/emulator'
import OpenAI from 'openai'
import { type RunningServer, startServer } from '../src/main.ts'
import { parseOptions } from '../src/options.ts'
import { freshDataDir, removeDataDir } from './database.ts'

export const ADMIN_KEY = 'test-admin-key-of-enough-length'

export interface TestGateway {
  url: string
  server: RunningServer
  emulator: Emulator
  dataDir: string
  /** The official SDK, pointed at the gateway with an admin's key; it does not retry by itself. */
  client: OpenAI
  /** Asks the native API; the answer is its status and its parsed body. */
  api(
    method: string,
    path: string,
    body?: unknown,
    key?: string | null,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: ApiBody; headers: Headers }>
  close(): Promise<void>
}

export interface ApiBody {
  success: boolean
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every route
  data: any
  nextCursor?: string | null
  error: { code: string; message: string; details?: unknown; requestId: string }
}

/** Retries that tests need not wait for. */
export const FAST_RETRIES = 'retry: { backoffBase: 0.01, backoffFactor: 1 }'

export interface GatewayOptions {
  env?: Record<string, string>
  args?: string[]
  emulator?: EmulatorOptions
  /** Text of turnout.yaml. */
  configuration?: string
  dataDir?: string
}

/** A gateway on a free port whose provider `openai` is an emulator of the test's own, taken for the real thing. */
export async function startGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const emulator = await startEmulator(options.emulator)
  const dataDir = options.dataDir ?? (await freshDataDir())
  const configFile = `${dataDir}/turnout.yaml`
  await writeFile(configFile, options.configuration ?? FAST_RETRIES)
  const env = {
    OPENAI_API_KEY: 'sk-upstream-credential',
    OPENAI_BASE_URL: emulator.openaiBaseUrl,
    TURNOUT_ADMIN_KEY: ADMIN_KEY,
    TURNOUT_CONFIG: configFile,
    LOG_LEVEL: 'silent',
    ...options.env,
  }
  const server = await startServer(parseOptions(['--port', '0', '--data-dir', dataDir, ...(options.args ?? [])], env))
  const { url } = server
  return {
    url,
    server,
    emulator,
    dataDir,
    client: new OpenAI({ baseURL: `${url}/v1`, apiKey: ADMIN_KEY, maxRetries: 0 }),
    async api(method, path, body, key = ADMIN_KEY, headers = {}) {
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      })
      return { status: response.status, body: (await response.json()) as ApiBody, headers: response.headers }
    },
    async close() {
      await server.close()
      await emulator.close()
      if (options.dataDir === undefined) await removeDataDir(dataDir)
    },
  }
}
