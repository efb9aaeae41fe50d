import { accessSync, constants, existsSync, mkdtempSync, rmdirSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { ServerOptions } from '../../options.ts'
import { type Finding, fail, ok } from './finding.ts'

const ANSWER_TIMEOUT_MS = 2_000

export const checkNode = (): Finding => ok(`Node.js ${process.versions.node}`)

/** A directory that does not exist yet is not made: it is enough that the server may make it. */
export function checkDataDirectory({ dataDir }: Pick<ServerOptions, 'dataDir'>): Finding {
  const mend = 'Give this user the right to write there, or choose another with TURNOUT_DATA_DIR or --data-dir.'
  try {
    if (!existsSync(dataDir)) {
      accessSync(nearestExisting(dataDir), constants.W_OK | constants.X_OK)
      return ok(`data directory ${dataDir} will be made by the first start`)
    }
    if (!statSync(dataDir).isDirectory()) return fail(`data directory ${dataDir} is not a directory`, mend)
    rmdirSync(mkdtempSync(join(dataDir, 'doctor-')))
    return ok(`data directory ${dataDir} is writable`)
  } catch (error) {
    return fail(`data directory ${dataDir} is not writable (${(error as NodeJS.ErrnoException).code})`, mend)
  }
}

function nearestExisting(path: string): string {
  let folder = dirname(path)
  while (!existsSync(folder)) folder = dirname(folder)
  return folder
}

/** The port may be taken by Turnout itself, which is no trouble. */
export async function checkPort({ host, port }: Pick<ServerOptions, 'host' | 'port'>): Promise<Finding> {
  const code = await tryToListen(host, port)
  if (code === undefined) return ok(`${host}:${port} is free to listen on`)
  if (code === 'EADDRINUSE' && (await answersAsTurnout(host, port))) return ok(`Turnout runs on ${host}:${port}`)
  const mend = 'Choose another with PORT or --port, HOST or --host.'
  if (code === 'EADDRINUSE') return fail(`${host}:${port} is taken by another program`, mend)
  return fail(`${host}:${port} cannot be listened on (${code})`, mend)
}

/** @returns why not, as the system's code */
function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

/** Health is the one route that anybody may ask and that only Turnout answers in its envelope. */
async function answersAsTurnout(host: string, port: number): Promise<boolean> {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
  try {
    const answer = await fetch(`http://${name}:${port}/api/health`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    })
    const body = (await answer.json()) as { success?: unknown; data?: { emulated?: unknown } }
    return body.success === true && typeof body.data?.emulated === 'boolean'
  } catch {
    return false
  }
}
