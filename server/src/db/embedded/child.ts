/**
 * The process of the embedded database: opens the directory, serves its
 * clients on a local socket, and goes when its owner and all clients are gone.
 * The owner is who forked it, for as long as the IPC channel stands.
 *
 * PGlite runs PostgreSQL with `fsync` off, and its file layer has none to
 * call: a killed process loses nothing that was acknowledged, a power cut may.
 */
import { rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { attend, Channels } from './attend.ts'
import { openDirectory, prepareDirectory } from './directory.ts'
import { takeLock } from './lock.ts'
import { Session } from './session.ts'
import { socketPath } from './socket-path.ts'

/** Exit status where another living process has the directory; EX_TEMPFAIL of sysexits. */
const LOCKED = 75
const VACUUM_MS = 5 * 60_000
/** How long the database stays for a client that may still come, when nobody said goodbye. */
const LINGER_MS = 1_000

const complain = (error: unknown) => console.error(error)

/** A signal to stop reaches the whole group of processes; while there is an owner, it decides when the database may go. */
function leaveSignalsToOwner(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  process.on('SIGTERM', () => {
    if (!process.connected) stop()
  })
}

async function serve(dataDir: string): Promise<void> {
  process.umask(0o077)
  // What is said after the death of the owner is heard by nobody.
  process.stderr.on('error', () => {})
  const release = takeLock(join(dataDir, 'db.lock'))
  if (!release) process.exit(LOCKED)
  process.once('exit', release)
  let stop = (): void => process.exit()
  leaveSignalsToOwner(() => stop())
  // Nobody is served yet, so that nobody waits for what the owner has given up.
  const abandon = () => process.exit()
  process.once('disconnect', abandon)

  const db = await openDirectory(await prepareDirectory(dataDir))
  const session = new Session(db)
  const channels = new Channels(session)
  const clients = new Set<Socket>()
  const path = socketPath(dataDir)
  let stopping: Promise<never> | undefined

  const close = async () => {
    server.close()
    for (const client of clients) client.destroy()
    await db.close()
    return process.exit()
  }
  stop = () => {
    stopping ??= close()
  }
  const isAlone = () => clients.size === 0 && !process.connected
  const leaveWhenAlone = () => {
    setTimeout(() => {
      if (isAlone()) stop()
    }, LINGER_MS)
  }
  const server = createServer((socket) => {
    clients.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      clients.delete(socket)
      leaveWhenAlone()
    })
    attend(socket, session, channels, async (owner) => {
      clients.delete(socket)
      if (owner && process.connected) process.disconnect()
      if (!isAlone()) return
      stop()
      await stopping
    })
  })
  setInterval(() => void session.vacuum().catch(complain), VACUUM_MS)
  process.on('disconnect', leaveWhenAlone)
  process.off('disconnect', abandon)

  if (process.platform !== 'win32') rmSync(path, { force: true })
  server.listen(path, () => {
    if (process.connected) process.send?.('ready')
    // The owner may have died meanwhile.
    leaveWhenAlone()
  })
}

const [command, directory] = process.argv.slice(2)
if (command === 'init') {
  process.once('disconnect', () => process.exit(1))
  await (await openDirectory(directory!)).close()
  process.exit()
}
await serve(directory!)
