/** `npm run bench`: Turnout beside a bare proxy, measured in one run. See README.md. */
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { adapters } from './parts/adapters.ts'
import { artifacts } from './parts/artifacts.ts'
import { jobs } from './parts/jobs.ts'
import { latency } from './parts/latency.ts'
import { memory } from './parts/memory.ts'
import { requests } from './parts/requests.ts'
import { routing } from './parts/routing.ts'
import { start } from './parts/start.ts'
import { streams } from './parts/streams.ts'
import { workers } from './parts/workers.ts'
import { formatSection, isReached, ratioOf, type Section } from './report.ts'
import type { Settings } from './rig.ts'

const PARTS: Readonly<Record<string, (settings: Settings) => Promise<Section>>> = {
  requests,
  streams,
  memory,
  latency,
  start,
  workers,
  adapters,
  routing,
  artifacts,
  jobs,
}
/** They measure Turnout against itself. */
const WITHOUT_BARE = ['start', 'workers', 'routing', 'artifacts', 'jobs']

const USAGE = `npm run bench -- [--only ${Object.keys(PARTS).join(',')}] [--quick] [--calibrate] [--json FILE]`

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        quick: { type: 'boolean', default: false },
        calibrate: { type: 'boolean', default: false },
        json: { type: 'string' },
      },
    })
    const parts = values.only?.split(',') ?? Object.keys(PARTS)
    const unknown = parts.find((part) => !(part in PARTS))
    if (unknown !== undefined) throw new Error(`There is no part ${JSON.stringify(unknown)}.`)
    return { ...values, parts: values.calibrate ? parts.filter((part) => !WITHOUT_BARE.includes(part)) : parts }
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    process.exit(2)
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const { parts, json, quick, calibrate } = readArguments()
const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  processors: availableParallelism(),
  memoryMb: Math.round(totalmem() / 1024 ** 2),
  node: process.version,
}
console.log(`${machine.processors} × ${machine.processor}, ${machine.memoryMb} MB, Node.js ${machine.node}`)
if (quick) console.log('Quick: the figures show that everything works, and little else.')
if (calibrate) console.log('Calibration: a second bare proxy stands in for Turnout; every ratio ought to be 1.')

const sections: Section[] = []
for (const part of parts) {
  const section = await PARTS[part]!({ quick, calibrate })
  sections.push(section)
  console.log(`\n${formatSection(section)}`)
}

if (json !== undefined) {
  const told = sections.map((section) => ({
    ...section,
    rows: section.rows.map((row) => ({ ...row, ratio: ratioOf(row), reached: isReached(row) })),
  }))
  writeFileSync(json, `${JSON.stringify({ machine, quick, calibrate, sections: told }, null, 2)}\n`)
}
