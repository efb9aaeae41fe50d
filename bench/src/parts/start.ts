import { setTimeout as sleep } from 'node:timers/promises'
import { Helper } from '../child.ts'
import { residentBytes } from '../measure.ts'
import type { Behaviour, Listening } from '../messages.ts'
import { atMost, type Row, type Section } from '../report.ts'
import { type Settings, sum } from '../rig.ts'
import { median } from '../statistics.ts'
import { Home, Turnout } from '../turnout.ts'

const MB = 1024 ** 2

/** How soon Turnout serves, and what it takes while nobody asks. */
export async function start(settings: Settings): Promise<Section> {
  const rounds = settings.quick ? 1 : 3
  const idleMs = settings.quick ? 2_000 : 10_000
  const upstream = new Helper<Behaviour>('upstream')
  try {
    const { port } = await upstream.ask<Listening>({ kind: 'json' })
    const results: Awaited<ReturnType<typeof startTwice>>[] = []
    for (let round = 0; round < rounds; round += 1) results.push(await startTwice(port, idleMs))
    const figure = (of: keyof (typeof results)[number]) => median(results.map((result) => result[of]))
    const row = (what: string, unit: string, turnout: number, limit: number): Row => ({
      what,
      unit,
      bare: null,
      turnout,
      goal: atMost('turnout', limit),
    })
    return {
      title: `start: from the start of the process to the first 200 of /readyz, ${rounds} rounds`,
      rows: [
        row('ready in an empty directory', 's', figure('emptyMs') / 1000, 8),
        row('ready on a database that exists', 's', figure('existingMs') / 1000, 3),
        row(`server, idle for ${idleMs / 1000} s`, 'MB', figure('serverBytes') / MB, 150),
        row(`database, idle for ${idleMs / 1000} s`, 'MB', figure('databaseBytes') / MB, 150),
      ],
      notes: [],
    }
  } finally {
    await upstream.close()
  }
}

/** In an empty directory, and again in what the first start has left. */
async function startTwice(upstreamPort: number, idleMs: number) {
  const home = new Home()
  try {
    const first = await Turnout.start({ home, upstreamPort })
    await first.close()
    const second = await Turnout.start({ home, upstreamPort })
    try {
      await sleep(idleMs)
      const database = second.database()
      return {
        emptyMs: first.readyMs,
        existingMs: second.readyMs,
        serverBytes: sum(second.servers().map(residentBytes)),
        databaseBytes: database === undefined ? Number.NaN : residentBytes(database),
      }
    } finally {
      await second.close()
    }
  } finally {
    home.remove()
  }
}
