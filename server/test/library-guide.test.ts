import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Emulator, startEmulator } from '@turnout/emulator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { environmentOf } from './library-world.ts'

const GUIDE = fileURLToPath(new URL('../../docs/guide/library.md', import.meta.url))

/** The programs of the guide, by the heading that they stand under. */
const programs = [...(await readFile(GUIDE, 'utf8')).matchAll(/^#+ (.+)$|^```js\n([\s\S]*?)^```$/gm)].reduce<
  { heading: string; code: string }[]
>((found, [, heading, code]) => {
  if (heading !== undefined) found.push({ heading, code: '' })
  else if (code !== undefined) found.at(-1)!.code = code
  return found
}, [])
const runnable = programs.filter(({ code }) => code !== '')

let emulator: Emulator
let folder: string
beforeAll(async () => {
  emulator = await startEmulator()
  // Within the workspace, so that the programs find the package by its name.
  folder = await mkdtemp(join(dirname(fileURLToPath(import.meta.url)), '.guide-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await emulator.close()
})

test('the guide has programs', () => {
  expect(runnable.length).toBeGreaterThanOrEqual(10)
})

/** What a program is to print, where that is known. */
const PRINTS: Readonly<Record<string, RegExp>> = {
  'The library': /^gpt-5\.4-mini: .+ \(\$0\.\d+\)$/m,
  'Where a call goes': /^gpt-5\.4-nano succeeded \d+ ms 0\.\d+$[\s\S]*^gpt-5\.4-nano answered after 1 attempt/m,
  'As a stream': /^stop, \d+ tokens, \$0\.\d+$/m,
  'As an object': /, \d+ ingredients$/m,
  Pictures: /0\.\d+/,
  Embeddings: /^2 256$/m,
  'Answers that are kept': /^false true 0\ntrue 0 0 true\nfalse$/m,
  'One provider': /^1$/m,
  "Somebody's favourite": /^anthropic\nopenai$/m,
  Errors: /^model_not_found false .*gpt-5\.4-mini/m,
}

test.each(runnable)('the program under "$heading" runs', async ({ heading, code }) => {
  const file = join(folder, 'program.mjs')
  await writeFile(file, code)
  const env = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    ...environmentOf(emulator),
    BEDROCK_BASE_URL: emulator.baseUrl('bedrock'),
    SAGEMAKER_BASE_URL: emulator.baseUrl('sagemaker'),
  }
  const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, env })
  expect(stdout).toMatch(PRINTS[heading] ?? /\S/)
})

test('what is expected of programs is expected of some that there are', () => {
  const headings = runnable.map(({ heading }) => heading)
  expect(Object.keys(PRINTS).filter((heading) => !headings.includes(heading))).toEqual([])
})
