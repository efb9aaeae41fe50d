import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { startEmulator } from '@turnout/emulator'
import { afterEach, describe, expect, it } from 'vitest'
import { type Ended, turnout } from './support/run.ts'
import { makeWorld, startUpstream } from './support/world.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

/** The bin in a working directory of its own. */
function inWorld(options?: { database?: boolean }) {
  const world = makeWorld(options)
  cleanups.push(world.remove)
  return {
    cwd: world.cwd,
    cli: (args: string[], env?: Record<string, string>): Promise<Ended> => turnout(args, { cwd: world.cwd, env }),
  }
}

const linesOf = ({ stdout }: Ended) => stdout.trimEnd().split('\n')

describe('turnout keys', () => {
  it('creates, lists and revokes', async () => {
    const { cli } = inWorld()
    const created = await cli([
      'keys',
      'create',
      '--name',
      'builds',
      '--role',
      'admin',
      '--owner',
      'team',
      '--rpm',
      '7',
    ])
    expect(created.code, created.stderr).toBe(0)
    const [secret, ...rest] = linesOf(created)
    expect(secret).toMatch(/^trn_\w{40}$/)
    expect(rest).toEqual([])

    const listed = await cli(['keys', 'list'])
    const row = linesOf(listed).find((line) => line.includes('builds'))!
    expect(row).toMatch(/^key_\w+ .*builds .*admin .*team .*7 .*active$/)
    expect(listed.stdout).not.toContain(secret)

    const id = row.split(' ')[0]!
    expect((await cli(['keys', 'revoke', id])).stdout).toContain(`${id} (builds) is revoked`)
    const [key] = JSON.parse((await cli(['keys', 'list', '--json'])).stdout)
    expect(key).toMatchObject({ id, name: 'builds', limits: { requestsPerMinute: 7 }, revokedAt: expect.any(String) })

    const again = await cli(['keys', 'revoke', 'key_none'])
    expect(again.code).toBe(1)
    expect(again.stderr).toMatch(/^turnout: There is no virtual key .*"key_none"[^\n]*\n$/)
  })

  it('says in one line what is the matter with the database', async () => {
    const { cli } = inWorld({ database: false })
    const url = 'postgres://me:hidden@127.0.0.1:1/none'
    const { code, stdout, stderr } = await cli(['keys', 'list'], { DATABASE_URL: url })
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^turnout: [^\n]*ECONNREFUSED[^\n]*\n$/)
    expect(stderr).not.toContain('hidden')
  })
})

describe('turnout models', () => {
  const ONE = { MODEL_COUNT: '1', MODEL_1_NAME: 'My DALL-E', MODEL_1_KEY: 'sk-hidden', MODEL_1_ID: 'dall-e-9' }

  it('lists, filters and prints JSON', async () => {
    const { cli } = inWorld({ database: false })
    const env = { OPENAI_API_KEY: 'sk-hidden', TURNOUT_EMULATE: 'never' }
    const table = linesOf(await cli(['models', 'list', '--provider', 'openai', '--type', 'text'], env))
    expect(table[0]).toMatch(/^ID +PROVIDER +MAKES +AVAILABLE +PRICE$/)
    expect(table.find((line) => line.startsWith('gpt-5.4-mini '))).toMatch(
      / openai +text +yes +\$\S+\/M in, \$\S+\/M out/,
    )
    expect(table.at(-1)).toMatch(/^\d+ models, \d+ available\./)

    const usable = JSON.parse((await cli(['models', 'list', '--available', '--json'], env)).stdout)
    expect(usable.length).toBeGreaterThan(0)
    for (const model of usable) expect(model).toMatchObject({ available: true })

    const none = JSON.parse(
      (await cli(['models', 'list', '--available', '--json'], { TURNOUT_EMULATE: 'never' })).stdout,
    )
    expect(none.filter((model: { provider: string }) => model.provider === 'openai')).toEqual([])
  })

  it('shows a record with its sources, the reason of its provider, and never a credential', async () => {
    const { cli } = inWorld()
    const shown = await cli(['models', 'show', 'My DALL-E'], ONE)
    expect(shown.code, shown.stderr).toBe(0)
    expect(shown.stdout).toMatch(/available +yes/)
    expect(shown.stdout).toMatch(/detected +openai: \S+/)
    expect(shown.stdout).toMatch(/upstreamId +dall-e-9 +\[environment\]/)
    expect(shown.stdout).toMatch(/source +environment/)
    expect(shown.stdout).not.toContain('sk-hidden')
    const json = await cli(['models', 'show', 'My DALL-E', '--json'], ONE)
    expect(JSON.parse(json.stdout)).toMatchObject({ upstreamId: 'dall-e-9', provenance: { layer: 'environment' } })
    expect(json.stdout).not.toContain('sk-hidden')
  })

  it('says why one cannot be used, and which names are near', async () => {
    const { cli } = inWorld({ database: false })
    const shown = await cli(['models', 'show', 'gpt-5.4-mini'], { TURNOUT_EMULATE: 'never' })
    expect(shown.stdout).toMatch(/available +no: .*OPENAI_API_KEY/)
    const missing = await cli(['models', 'show', 'gpt-5.4-mimi'])
    expect(missing.code).toBe(1)
    expect(missing.stderr).toContain('gpt-5.4-mini')
  })
})

describe('turnout doctor', () => {
  it('finds nothing wrong in an empty folder, and leaves it empty', async () => {
    const { cwd, cli } = inWorld({ database: false })
    const { code, stdout } = await cli(['doctor', '--port', '0'])
    expect(stdout).toContain('✓ Node.js')
    expect(stdout).toMatch(/^! no provider .*emulator would answer\n {2}→ Set .*OPENAI_API_KEY/m)
    expect(stdout).toMatch(/^✓ configuration file .*turnout\.yaml is not there/m)
    expect(stdout).not.toContain('✗')
    expect(stdout).not.toContain('\u001b')
    expect(code).toBe(0)
    const after = await cli(['doctor', '--port', '0', '--data-dir', cwd])
    expect(after.stdout).toContain(`data directory ${cwd} is writable`)
  })

  it('names everything that is wrong at once, and how to mend it', async () => {
    const { cwd, cli } = inWorld()
    writeFileSync(join(cwd, 'turnout.yaml'), 'models:\n  - id: a\n    colour: red\n  - id: b\n    enabled: 7\n')
    writeFileSync(join(cwd, 'file'), '')
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => taken.close())
    const { port } = taken.address() as { port: number }
    const { code, stdout } = await cli(['doctor', '--port', String(port), '--data-dir', 'file'], { LOG_LEVEL: 'loud' })
    expect(stdout).toMatch(/^✗ LOG_LEVEL must be one of .*\n {2}→ /m)
    expect(stdout).toMatch(/^✗ 127\.0\.0\.1:\d+ is taken by another program\n {2}→ /m)
    expect(stdout).toMatch(/^✗ data directory .*file is not a directory\n {2}→ /m)
    expect(stdout).toMatch(/^✗ .*turnout\.yaml:3.*colour/m)
    expect(stdout).toMatch(/^✗ .*turnout\.yaml:5.*enabled/m)
    expect(stdout).toContain('Problems to mend first: 5.')
    expect(code).toBe(1)
  })

  it('warns of variables that cannot be used', async () => {
    const { cli } = inWorld({ database: false })
    const { code, stdout } = await cli(['doctor', '--port', '0'], {
      MODEL_COUNT: '2',
      MODEL_1_NAME: 'gpt-x',
      MODEL_1_KEY: 'k',
    })
    expect(stdout).toMatch(/^! MODEL_\S*: /m)
    expect(code).toBe(0)
  })

  it('checks the database that it is given', async () => {
    const { cli } = inWorld()
    expect((await cli(['doctor', '--port', '0'])).stdout).toMatch(/^✓ embedded database answers/m)
    const { code, stdout } = await cli(['doctor', '--port', '0'], {
      DATABASE_URL: 'postgres://me:hidden@127.0.0.1:1/none',
    })
    expect(stdout).toMatch(/^✗ database: .*ECONNREFUSED.*\n {2}→ .*DATABASE_URL/m)
    expect(stdout).not.toContain('hidden')
    expect(code).toBe(1)
  })

  it('probes providers with a call that is free, when asked to', async () => {
    const upstream = await startUpstream()
    cleanups.push(upstream.close)
    const { cli } = inWorld({ database: false })
    const probe = (key: string, url: string) =>
      cli(['doctor', '--probe', '--port', '0'], { OPENAI_API_KEY: key, OPENAI_BASE_URL: url })

    const right = await probe('right', upstream.url)
    expect(right.stdout).toContain(`✓ openai answers at ${upstream.url} and lists 1 models`)
    expect(right.code).toBe(0)

    const wrong = await probe('wrong-and-hidden', upstream.url)
    expect(wrong.stdout).toMatch(/^✗ openai at .*\n {2}→ Check the credential/m)
    expect(wrong.stdout).not.toContain('wrong-and-hidden')
    expect(wrong.code).toBe(1)

    const nobody = await probe('right', 'http://127.0.0.1:1/v1')
    expect(nobody.stdout).toMatch(/^✗ openai at .*ECONNREFUSED.*\n {2}→ Check the network/m)
    expect(nobody.code).toBe(1)
  })

  it('asks a provider that lists no models whether it takes the credential', async () => {
    const emulator = await startEmulator({ credentials: ['right'] })
    cleanups.push(emulator.close)
    const { cli } = inWorld({ database: false })
    const url = `${emulator.baseUrl('bfl')}/v1`
    const probe = (key: string) => cli(['doctor', '--probe', '--port', '0'], { BFL_API_KEY: key, BFL_BASE_URL: url })

    const right = await probe('right')
    expect(right.stdout).toContain(`✓ bfl answers at ${url} and takes the credential`)
    expect(right.code).toBe(0)
    const wrong = await probe('wrong-and-hidden')
    expect(wrong.stdout).toMatch(/^✗ bfl at .*\n {2}→ Check the credential/m)
    expect(wrong.code).toBe(1)
    expect(emulator.bill().calls).toBe(0)
  })
})
