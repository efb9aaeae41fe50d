import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { CREDENTIAL, SILENT, World } from '../fixtures.ts'
import type { Registry } from '../types.ts'

let world: World
let configFile: string

beforeEach(async () => {
  world = new World()
  configFile = join(await world.directory(), 'conf', 'turnout.yaml')
  await mkdir(dirname(configFile))
})
afterEach(() => world.end())

const model = (id: string) => `models: [{ id: ${id}, provider: openai }]\n`

/** Waits until the registry has changed into what the check wants; the poll alone takes two seconds. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 })

const has = (registry: Registry, id: string) => registry.snapshot.find(id) !== undefined

test('an invalid file at start is refused whole, with a line for everything that is wrong', async () => {
  await writeFile(configFile, `catalog: maybe\nmodels:\n  - id: a\n    provider: nobody\n    size: ${CREDENTIAL}\n`)
  const start = world.registry({ configFile })
  await expect(start).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringMatching(/turnout\.yaml:1 catalog: .*\n.*turnout\.yaml:5 models\[0\]\.size: /),
  })
  await expect(start).rejects.not.toMatchObject({ message: expect.stringContaining(CREDENTIAL) })
})

test('edits are picked up, however they are made', async () => {
  await writeFile(configFile, model('first'))
  const registry = await world.registry({ configFile })
  const versions: number[] = []
  registry.onChange(({ version }) => versions.push(version))
  expect(has(registry, 'first')).toBe(true)

  await writeFile(configFile, model('second'))
  await until(() => expect(has(registry, 'second')).toBe(true))
  expect(has(registry, 'first')).toBe(false)

  await writeFile(`${configFile}.new`, model('third'))
  await rename(`${configFile}.new`, configFile)
  await until(() => expect(has(registry, 'third')).toBe(true))

  await rm(configFile)
  await until(() => expect(has(registry, 'third')).toBe(false))
  expect(has(registry, 'writer-5')).toBe(true)

  await writeFile(configFile, model('fourth'))
  await until(() => expect(has(registry, 'fourth')).toBe(true))
  expect(versions).toEqual([...versions].sort((a, b) => a - b))
  expect(versions.at(-1)).toBe(registry.snapshot.version)
})

test('a file and its directory may appear later', async () => {
  const late = join(await world.directory(), 'later', 'turnout.yaml')
  const registry = await world.registry({ configFile: late })
  await mkdir(dirname(late))
  await writeFile(late, model('late'))
  await until(() => expect(has(registry, 'late')).toBe(true))
})

test('an invalid edit is reported and changes nothing; mending it takes the report back', async () => {
  await writeFile(configFile, model('kept'))
  const log = { ...SILENT, error: vi.fn() }
  const registry = await world.registry({ configFile, log })
  const deployment = registry.snapshot.resolve('kept').deployment

  await writeFile(configFile, `${model('kept')}retiredModels: ${CREDENTIAL}\n`)
  await until(() => expect(registry.snapshot.problems).toHaveLength(1))
  expect(registry.snapshot.problems[0]).toEqual({
    layer: 'file',
    where: 'turnout.yaml:2 retiredModels',
    message: 'must be one of "refuse", "substitute"',
  })
  expect(registry.snapshot.resolve('kept').deployment).toEqual(deployment)
  expect(log.error).toHaveBeenCalledOnce()
  expect(JSON.stringify(log.error.mock.calls)).not.toContain(CREDENTIAL)

  await writeFile(configFile, model('mended'))
  await until(() => expect(has(registry, 'mended')).toBe(true))
  expect(registry.snapshot.problems).toEqual([])
})

test('pools are judged by the models that there are with the file, not by those of the file before', async () => {
  const pool = (member: string) => `pools: { house: { members: [${member}] } }\n`
  await writeFile(configFile, model('mine') + pool('openai/mine'))
  const registry = await world.registry({ configFile })
  expect(registry.snapshot.route('pool:house')).toBeDefined()

  await writeFile(configFile, pool('mine'))
  await registry.reload()
  expect(has(registry, 'mine')).toBe(true)
  expect(registry.snapshot.problems).toMatchObject([{ message: 'names a model that does not exist: "mine"' }])

  await writeFile(configFile, 'catalog: false\n')
  await registry.reload()
  expect(has(registry, 'writer-5')).toBe(false)
  await writeFile(configFile, pool('writer-5'))
  await registry.reload()
  expect(registry.snapshot.problems).toEqual([])
  expect(has(registry, 'writer-5')).toBe(true)
})

test('reload reads at once, and keeps what it has where the file is not valid', async () => {
  await writeFile(configFile, model('first'))
  const registry = await world.registry({ configFile })
  await writeFile(configFile, model('second'))
  await registry.reload()
  expect(has(registry, 'second')).toBe(true)
  await writeFile(configFile, 'models: 5')
  await registry.reload()
  expect(has(registry, 'second')).toBe(true)
  expect(registry.snapshot.problems).toHaveLength(1)
})

test('who reads in the middle of a change sees the one snapshot or the other, never a mixture', async () => {
  await writeFile(configFile, model('first'))
  const registry = await world.registry({ configFile })
  const before = registry.snapshot
  await writeFile(configFile, model('second'))
  await registry.reload()
  expect(before.find('first')).toBeDefined()
  expect(before.find('second')).toBeUndefined()
  expect(registry.snapshot).not.toBe(before)
})
