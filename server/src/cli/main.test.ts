import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OPTION_NAMES, OPTIONS } from '../options.ts'
import { COMMANDS, main } from './main.ts'
import { formatTable, type Terminal } from './terminal.ts'

let cwd: string
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'turnout-cli-'))
})
afterAll(() => rmSync(cwd, { recursive: true }))

async function cli(argv: string[], env: Record<string, string> = {}) {
  const out: string[] = []
  const error: string[] = []
  const terminal: Terminal = { out: (text) => out.push(text), error: (text) => error.push(text), colours: false }
  const code = await main(argv, env, cwd, terminal)
  return { code, out: out.join('\n'), error: error.join('\n') }
}

describe('help', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']]])('%j names all commands and all options', async (argv) => {
    const { code, out } = await cli(argv)
    expect(code).toBe(0)
    for (const name of COMMANDS.keys()) expect(out).toContain(`  ${name} `)
    for (const name of OPTION_NAMES) {
      expect(out).toContain(`--${OPTIONS[name].flag} `)
      expect(out).toContain(OPTIONS[name].variable)
    }
  })

  it.each([...COMMANDS.keys()].filter((name) => !['help', 'version', 'emulate'].includes(name)))(
    'of %s comes by either way',
    async (name) => {
      const asked = await cli(['help', ...name.split(' ')])
      const flagged = await cli([...name.split(' '), '--help'])
      expect(asked).toEqual(flagged)
      expect(asked.code).toBe(0)
      expect(asked.out).toContain(`Usage: turnout ${name}`)
    },
  )

  it('of start has every option', async () => {
    const { out } = await cli(['start', '--help'])
    for (const name of OPTION_NAMES) expect(out).toContain(OPTIONS[name].description)
  })
})

describe('a command line that cannot be understood ends with 2 and one line', () => {
  it.each([
    [['strat'], 'Did you mean "turnout start"?'],
    [['model', 'list'], 'Did you mean "turnout models list"?'],
    [['keys'], 'keys create, keys list, keys revoke'],
    [['keys', 'rename'], 'keys create, keys list, keys revoke'],
    [['zzzzzzzz'], '"turnout help" lists them'],
    [['start', '--prot', '1'], 'Did you mean --port?'],
    [['start', '--port', 'x'], '--port must be a whole number'],
    [['start', 'now'], 'Unexpected argument "now"'],
    [['keys', 'create'], '--name is missing'],
    [['keys', 'create', '--name', ' '], '--name must have'],
    [['keys', 'create', '--name', 'a', '--role', 'king'], 'one of viewer, user, admin'],
    [['keys', 'create', '--name', 'a', '--rpm', '1.5'], '--rpm must be a whole number'],
    [['keys', 'create', '--name', 'a', '--rpm', ''], '--rpm must be a whole number'],
    [['keys', 'create', '--name', 'a', '--expires', 'soon'], '--expires must be'],
    [['keys', 'create', '--name', 'a', '--expires', '9999-12-31T23:59:59-01:00'], '--expires must lie in the years'],
    [['keys', 'create', '--name', 'a', '--port', '1'], 'There is no flag --port here'],
    [['keys', 'revoke'], 'ID is missing'],
    [['keys', 'revoke', 'a', 'b'], 'Unexpected argument "b"'],
    [['models', 'list', '--type', 'smell'], '--type must be one of'],
    [['models', 'show'], 'ID is missing'],
    [['emulate', '--nonsense'], '--nonsense'],
    [['emulate', '--port', 'x'], '--port'],
  ])('%j', async (argv, message) => {
    const { code, out, error } = await cli(argv)
    expect(error).toContain(message)
    expect(error).toMatch(/^turnout: [^\n]+$/)
    expect(out).toBe('')
    expect(code).toBe(2)
  })

  it('shows the stack to those who debug', async () => {
    expect((await cli(['strat'], { LOG_LEVEL: 'debug' })).error).toMatch(/\n\s+at /)
  })
})

describe('.env', () => {
  it.each(['', '\ufeff'])('completes the environment, and never overrides it, with %j before it', async (mark) => {
    const file = join(cwd, '.env')
    writeFileSync(file, `${mark}LOG_LEVEL=loud\n`)
    try {
      expect((await cli(['keys', 'revoke', 'x'])).error).toContain('LOG_LEVEL must be one of')
      expect((await cli(['start'], { LOG_LEVEL: 'louder' })).error).toContain('not "louder"')
    } finally {
      rmSync(file)
    }
  })
})

it('says its version', async () => {
  expect((await cli(['--version'])).out).toMatch(/^\d+\.\d+\.\d+/)
})

it('writes tables that a hostile name cannot bend', () => {
  expect(
    formatTable(
      ['ID', 'NAME'],
      [
        ['1', 'a\nb\u001b[31m'],
        ['22', ''],
      ],
    ),
  ).toBe('ID  NAME\n1   a b [31m\n22')
})
