import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startEmulator } from '@turnout/emulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadedBy } from '../bench/src/adapters/libraries.ts'
import { ROOT, type Running, run, serve } from './support/run.ts'

const SLOW_MS = 180_000

/** A program of somebody who uses the package as a library. */
const PROGRAM = `
import { createTurnout, TurnoutError, type TextStreamPart } from 'turnout'
import { z } from 'zod'

const turnout = await createTurnout({ configuration: { pools: { fast: { members: ['gpt-5.4-mini'] } } } })
const parts: TextStreamPart[] = []
for await (const part of turnout.text.stream({ pool: 'fast', prompt: 'Hello!' })) parts.push(part)
const schema = z.object({ size: z.number(), words: z.array(z.string()).transform((words) => words.length) })
const { object } = await turnout.text.object({ model: 'gpt-5.4-mini', prompt: 'Hello!', schema })
const sum: number = object.size + object.words
const bound = turnout.providerFor('openai')
const { vectors } = await bound.embed({ model: 'text-embedding-3-small', texts: 'Hello!' })
const code = await turnout.text.generate({ model: 'nobody', prompt: 'Hello!' }).catch((error: unknown) => {
  return error instanceof TurnoutError ? error.code : 'not ours'
})
await turnout.close()
console.log(JSON.stringify({ last: parts.at(-1)?.type, sum: typeof sum, vectors: vectors.length, code }))
`

/** What the compiler must refuse, each line by itself. */
const MISTAKES = `
import { createTurnout } from 'turnout'
const turnout = await createTurnout()
// @ts-expect-error two targets
void turnout.text.generate({ model: 'a', pool: 'b', prompt: 'x' })
// @ts-expect-error no target
void turnout.text.generate({ prompt: 'x' })
// @ts-expect-error an option of another provider
turnout.providerFor('bedrock', { serviceAccount: 'x' })
`

/** The package is built, packed, and installed into an empty folder, as somebody who has only npm would get it. */
describe('the published package', { timeout: SLOW_MS }, () => {
  let world: string
  let built: string
  let home: string
  let server: Running | undefined

  beforeAll(async () => {
    world = mkdtempSync(join(tmpdir(), 'turnout-package-'))
    built = join(world, 'built')
    home = join(world, 'home')
    mkdirSync(home)
    writeFileSync(join(home, 'package.json'), '{"private": true}')
    await succeed(process.execPath, [join(ROOT, 'scripts/build.ts'), built], ROOT)
    await succeed('npm', ['pack', '--pack-destination', world], built)
    const tarball = readdirSync(world).find((name) => name.endsWith('.tgz'))
    await succeed('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(world, tarball!)], home)
  }, SLOW_MS)

  afterAll(async () => {
    await server?.stop('SIGKILL')
    rmSync(world, { recursive: true, force: true, maxRetries: 5 })
  })

  it('says what it is', () => {
    const manifest = JSON.parse(readFileSync(join(home, 'node_modules/turnout/package.json'), 'utf8'))
    expect(manifest).toMatchObject({ name: 'turnout', license: 'Apache-2.0', engines: { node: expect.any(String) } })
    expect(manifest.private).toBeUndefined()
    expect(Object.keys(manifest.dependencies).filter((name) => name.startsWith('@turnout/'))).toEqual([])
    expect(readdirSync(join(home, 'node_modules')).filter((name) => name === '@turnout')).toEqual([])
  })

  it('holds the program and its licence, and neither sources nor tests', () => {
    const files = readdirSync(built, { recursive: true, encoding: 'utf8' })
    expect(files).toEqual(expect.arrayContaining(['bin/turnout.js', 'src/cli/main.js', 'package.json', 'LICENSE']))
    expect(files.filter((file) => /(?<!\.d)\.ts$|\.test\./.test(file))).toEqual([])
    expect(statSync(join(built, 'bin/turnout.js')).mode & 0o111).not.toBe(0)
  })

  it('names only libraries that it depends on', () => {
    const files = readdirSync(built, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
    const manifest = JSON.parse(readFileSync(join(built, 'package.json'), 'utf8'))
    const known = new Set<string>([manifest.name, ...Object.keys(manifest.dependencies)])
    const imported = files.flatMap((file) =>
      Array.from(
        readFileSync(join(built, file), 'utf8').matchAll(
          /^(?:import|export) ?(?:[\w$*{}\s,]*? ?from ?)?"([^"./][^"]*)"/gm,
        ),
        ([, specifier]) => specifier!,
      ),
    )
    const libraries = imported
      .filter((specifier) => !specifier.startsWith('node:'))
      .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'))
    expect(libraries.length).toBeGreaterThan(0)
    expect(libraries.filter((library) => !known.has(library))).toEqual([])
  })

  it('is a library that can be used with its types alone', async () => {
    writeFileSync(join(home, 'program.mts'), PROGRAM)
    writeFileSync(join(home, 'mistakes.mts'), MISTAKES)
    const options = {
      strict: true,
      module: 'nodenext',
      target: 'es2024',
      outDir: join(home, 'out'),
      typeRoots: [join(ROOT, 'node_modules/@types')],
      types: ['node'],
    }
    const files = ['program.mts', 'mistakes.mts']
    writeFileSync(join(home, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }))
    await succeed(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', home], home)

    const emulator = await startEmulator()
    const env = { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: emulator.openaiBaseUrl }
    // Where its imports are looked for from.
    copyFileSync(join(home, 'out/program.mjs'), join(home, 'program.mjs'))
    const { code, stdout, stderr } = await run(process.execPath, ['program.mjs'], { cwd: home, env })
    await emulator.close()
    expect(code, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ last: 'finish', sum: 'number', vectors: 1, code: 'model_not_found' })
  })

  it('loads no server and no database for the library', async () => {
    const { href } = pathToFileURL(join(home, 'node_modules/turnout/src/library/index.js'))
    const loaded = await loadedBy(href)
    const packages = new Set(loaded.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []))
    expect([...packages].sort()).toEqual([
      'ajv',
      'fast-deep-equal',
      'fast-uri',
      'json-schema-traverse',
      'turnout',
      'undici',
      'zod',
    ])
  })

  it('starts with nothing else present, answers a chat, and stops', async () => {
    const bin = join(home, 'node_modules/.bin/turnout')
    server = await serve(bin, ['start', '--port', '0', '--data-dir', join(home, 'data')], { cwd: home })
    const adminKey = /trn_\w+/.exec(server.output.stdout)?.[0]
    expect(adminKey, server.output.stdout).toBeDefined()
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)

    const answer = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-5.4-mini', messages: [{ role: 'user', content: 'Hello!' }] }),
    })
    const completion = (await answer.json()) as { choices: { message: { content: string } }[] }
    expect(answer.status, JSON.stringify(completion)).toBe(200)
    expect(completion.choices[0]?.message.content).toMatch(/\S/)

    const ended = await server.stop()
    expect(ended.code, ended.stderr).toBe(0)
    server = undefined
  })
})

async function succeed(command: string, args: string[], cwd: string): Promise<void> {
  const { code, stdout, stderr } = await run(command, args, { cwd })
  expect(code, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0)
}
