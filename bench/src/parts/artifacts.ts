import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mp4 } from 'turnout/src/artifacts/testing/films.ts'
import { Helper } from '../child.ts'
import type { Keep } from '../keeper.ts'
import { residentBytes } from '../measure.ts'
import { png } from '../png.ts'
import { atMost, type Row, type Section } from '../report.ts'
import type { Settings } from '../rig.ts'

const COUNT = 50
const BYTES = 20_000_000
const MB = 1024 ** 2
const SAMPLE_MS = 10
const ONLY_HERE = ['a directory'] as const
const EVERYWHERE = ['a directory', 'S3'] as const

/** What it takes to keep many outputs at once: their bytes pass through and are never held. */
export async function artifacts({ quick }: Settings): Promise<Section> {
  const count = quick ? 5 : COUNT
  const directory = await mkdtemp(join(tmpdir(), 'turnout-bench-'))
  const keeper = new Helper<Keep>('keeper', [directory])
  try {
    const side = Math.round(Math.sqrt(BYTES / 3))
    const picture = join(directory, 'picture.png')
    await writeFile(picture, png(side))
    const film = join(directory, 'film.mp4')
    await writeFile(film, mp4({ width: 1280, height: 720, duration: 5_000 }, { frames: BYTES, factsLast: true }))

    const rows: Row[] = []
    const places = process.env.TURNOUT_TEST_S3_URL === undefined ? ONLY_HERE : EVERYWHERE
    for (const storage of places) {
      for (const [what, file] of [
        ['pictures', picture],
        ['films', film],
      ] as const) {
        rows.push(...(await measure(keeper, { file, count, storage }, `${what} in ${storage}`)))
      }
    }
    const size = Math.round((await stat(picture)).size / MB)
    return {
      title: `artifacts: ${count} outputs of ${size} MB kept at once, hashed, with thumbnails`,
      rows,
      notes: [
        'Growth is that of resident memory at its peak, from a process that has kept one output of the kind before.',
        ...(places === EVERYWHERE ? [] : ['S3 is measured where TURNOUT_TEST_S3_URL names a server.']),
      ],
    }
  } finally {
    await keeper.close()
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

async function measure(keeper: Helper<Keep>, work: Keep, what: string): Promise<Row[]> {
  await keeper.ask({ ...work, count: 1 })
  const before = residentBytes(keeper.pid)
  let peak = before
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentBytes(keeper.pid))
  }, SAMPLE_MS)
  const elapsedMs = await keeper.ask<number>(work).finally(() => clearInterval(sampling))
  return [
    { what: `${what}: growth`, unit: 'MB', bare: null, turnout: (peak - before) / MB, goal: atMost('turnout', 150) },
    { what: `${what}: resident at most`, unit: 'MB', bare: null, turnout: peak / MB, goal: null },
    { what: `${what}: time`, unit: 's', bare: null, turnout: elapsedMs / 1000, goal: null },
  ]
}
