import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const ROOT = import.meta.dirname
const ALL = '{contract,server,emulator,bench,test}/**/*.test.ts'

/**
 * What needs a process of its own: tests that put something in the place of a
 * module, and tests of programs, which wait more than they import. The others
 * share a process per worker, so that the server is read once and not for
 * every file.
 */
const APART = [
  'test/**/*.test.ts',
  ...globSync(ALL, { cwd: ROOT, exclude: ['**/node_modules/**'] }).filter((path) =>
    /\bvi\.mock\(/.test(readFileSync(join(ROOT, path), 'utf8')),
  ),
]

/** Where the longest files are. They begin first, so that none of them runs alone at the end. */
const LONG = ['test/crash/crash', 'test/', 'server/test/jobs/', 'server/src/db/', 'server/src/jobs/', 'server/test/']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((folder) => relative(ROOT, moduleId).startsWith(folder))
      return place === -1 ? LONG.length : place
    }
    const sorted = await super.sort(files)
    return sorted.sort((one, other) => Number(isShared(one)) - Number(isShared(other)) || rank(one) - rank(other))
  }
}

const isShared = ({ project }: TestSpecification): boolean => !project.config.isolate

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 180_000,
    globalSetup: ['server/test/global-setup.ts'],
    pool: 'forks',
    // More than a small machine has cores: half of the time of a test is spent waiting for programs and timers.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: 'apart', include: APART } },
      {
        extends: true,
        test: { name: 'together', include: [ALL], exclude: ['**/node_modules/**', ...APART], isolate: false },
      },
    ],
  },
})
