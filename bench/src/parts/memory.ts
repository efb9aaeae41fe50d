import { setTimeout as sleep } from 'node:timers/promises'
import { openFilesLimit, residentBytes } from '../measure.ts'
import { atMost, type Section } from '../report.ts'
import { type Contender, type Rig, type Settings, sum, withRig } from '../rig.ts'

const SOME = 1_000
const MANY = 5_000
/** A stream takes two connections of the proxy; some files are open anyway. */
const OTHER_FILES = 200
const SETTLE_MS = 2_000
const KB = 1024
const MB = 1024 ** 2

/** What open streams take that have shown their first chunk and then wait. */
export async function memory(settings: Settings): Promise<Section> {
  const some = settings.quick ? 200 : SOME
  const many = settings.quick ? 400 : Math.min(MANY, Math.floor((openFilesLimit() - OTHER_FILES) / 2))
  return withRig({ ...settings, pinned: false }, async (rig) => {
    const bare = await fill(rig, rig.bare, some, many)
    const turnout = await fill(rig, rig.turnout, some, many)
    return {
      title: 'memory: streams that are open and wait',
      rows: [
        {
          what: `growth per stream at ${some}`,
          unit: 'KB',
          bare: bare.perStream / KB,
          turnout: turnout.perStream / KB,
          goal: atMost('turnout', 45),
        },
        {
          what: `growth per stream at ${many}`,
          unit: 'KB',
          bare: bare.perStreamOfMany / KB,
          turnout: turnout.perStreamOfMany / KB,
          goal: null,
        },
        {
          what: `resident at ${many}`,
          unit: 'MB',
          bare: bare.total / MB,
          turnout: turnout.total / MB,
          goal: atMost('turnout', 350),
        },
        { what: 'resident before', unit: 'MB', bare: bare.before / MB, turnout: turnout.before / MB, goal: null },
      ],
      notes: [
        'Growth is counted from a process that has served some requests already. The database process is not counted.',
        ...(many < MANY && !settings.quick
          ? [`The limit of open files allows no more than ${many} streams here.`]
          : []),
      ],
    }
  })
}

async function fill(rig: Rig, { target, servers }: Contender, some: number, many: number) {
  const resident = async () => {
    await sleep(SETTLE_MS)
    return sum(servers.map(residentBytes))
  }
  await rig.upstream.ask({ kind: 'json' })
  await rig.run(target, { connections: 10, requests: 200 })
  await rig.upstream.ask({ kind: 'hold' })
  const before = await resident()
  await rig.openStreams(target, some)
  const atSome = await resident()
  await rig.openStreams(target, many - some)
  const total = await resident()
  await rig.load.ask({ do: 'close' })
  return { before, perStream: (atSome - before) / some, perStreamOfMany: (total - before) / many, total }
}
