import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { importsOf, readSources } from './architecture/imports.ts'
import { violations } from './architecture/rules.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = readSources(root, ['contract', 'server', 'emulator', 'bench', 'test', 'scripts'])

const MAX_LINES = 400
const MEDIAN_LINES = 120
/** Tables rather than code: they are as long as what they list. */
const DATA = /\/(catalog|generated|migrations)\//

const linesOf = (text: string) => text.split('\n').length - 1

describe('directions of imports', () => {
  it('finds the sources that it judges', () => {
    const paths = sources.map(({ path }) => path)
    expect(paths).toContain('server/src/core/error.ts')
    expect(paths).toContain('contract/src/index.ts')
    expect(paths).toContain('test/architecture.test.ts')
  })

  it('hold everywhere', () => {
    expect(violations(sources)).toEqual([])
  })

  it.each([
    ['server/src/core/a.ts', "import { x } from '../db/database.ts'"],
    ['server/src/lib/a.ts', "import type { Model } from '@turnout/contract'"],
    ['server/src/providers/a.ts', "import { x } from '../registry/index.ts'"],
    ['server/src/gateway/a.ts', "import {\n  a,\n  b,\n} from '../providers/openai.ts'"],
    ['server/src/gateway/a.ts', "export * from '../storage/fs.ts'"],
    ['server/src/controlplane/routes/a.ts', "const m = await import('../../providers/index.ts')"],
    ['server/src/dataplane/a.ts', "import { x } from '../registry/index.ts'"],
    ['server/src/dataplane/a.ts', "import fastify from 'fastify'"],
    ['server/src/gateway/a.ts', "import { Pool } from 'undici'"],
    ['server/src/gateway/a.ts', "import pg from 'pg'"],
    ['server/src/novelty/a.ts', "import { x } from '../core/error.ts'"],
    ['server/src/core/a.ts', "import { x } from '../../../contract/src/index.ts'"],
    ['server/src/core/a.ts', "import { x } from './a.test.ts'"],
    ['emulator/src/a.test.ts', "import { x } from '../../server/src/core/error.ts'"],
    ['emulator/src/a.ts', "import { x } from 'turnout'"],
    ['contract/src/a.ts', "import { x } from 'ajv'"],
  ])('are violated by %s with %j', (path, text) => {
    expect(violations([{ path, text }])).toHaveLength(1)
  })

  it.each([
    ['server/src/main.ts', "import { x } from './providers/index.ts'"],
    ['server/src/gateway/a.ts', "import type { Dispatcher } from 'undici'"],
    ['server/src/dataplane/a.ts', "import type { Snapshot } from '../registry/types.ts'"],
    ['server/src/core/a.test.ts', "import { x } from '../db/database.ts'"],
    ['server/src/core/a.ts', "// import { x } from '../db/database.ts'"],
    ['contract/src/a.ts', "import { z } from 'zod'"],
  ])('allow %s with %j', (path, text) => {
    expect(violations([{ path, text }])).toEqual([])
  })

  it('are read from every form of import', () => {
    const text = [
      "import 'a'",
      "import b from 'b'",
      "import type { C } from 'c'",
      "import {\n  type D,\n} from 'd'",
      "export { e } from 'e'",
      "export type { F } from 'f'",
      "const g = () => import('g')",
      'const word = "import \'h\'"',
    ].join('\n')
    expect(importsOf(text).map(({ specifier }) => specifier)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    expect(importsOf(text).filter(({ typeOnly }) => typeOnly)).toHaveLength(2)
  })
})

describe('the page of proofs', () => {
  const page = readFileSync(new URL('../docs/guide/proof.md', import.meta.url), 'utf8')
  const folder = 'server/src/providers/'
  const below = sources.flatMap(({ path, text }) =>
    path.startsWith(folder) ? [{ path: path.slice(folder.length), text }] : [],
  )
  const OUTSIDE =
    /testing\/wire\.ts'|from '(?:openai|ollama|@anthropic-ai\/sdk|@google\/genai|@aws-sdk\/client-|@fal-ai\/client|@huggingface\/inference|@smithy\/|tencentcloud)/

  it('has every adapter, with what stays unverified', () => {
    const adapters = below.flatMap(({ path, text }) =>
      (/^[\w-]+\.ts$/.test(path) ? [/\bid: '([\w-]+)'/.exec(text)?.[1] ?? []] : []).flat(),
    )
    expect(adapters.length).toBeGreaterThan(10)
    const rows = (adapter: string) => page.split('\n').filter((line) => line.startsWith(`| \`${adapter}\` |`))
    expect(adapters.filter((adapter) => rows(adapter).length !== 2)).toEqual([])
  })

  it('names every test against something from outside, and no other', () => {
    const named = Array.from(page.matchAll(/`([\w/-]+\.test\.ts)`/g), ([, path]) => path)
    const there = below
      .filter(({ path, text }) => path.endsWith('.test.ts') && OUTSIDE.test(text))
      .map(({ path }) => path)
    expect(there.filter((path) => !named.includes(path) && !path.startsWith('testing/'))).toEqual([])
    expect(named.filter((path) => !below.some((each) => each.path === path))).toEqual([])
  })
})

describe('sizes of files', () => {
  const code = sources.filter(({ path }) => !DATA.test(path))

  it(`stay within ${MAX_LINES} lines`, () => {
    const long = code.filter(({ text }) => linesOf(text) > MAX_LINES)
    expect(long.map(({ path, text }) => `${path}: ${linesOf(text)} lines`)).toEqual([])
  })

  it(`have a median under ${MEDIAN_LINES} lines`, () => {
    const sizes = code.map(({ text }) => linesOf(text)).sort((a, b) => a - b)
    const median = sizes[Math.floor(sizes.length / 2)]!
    expect(median, `the median of ${sizes.length} files`).toBeLessThan(MEDIAN_LINES)
  })
})
