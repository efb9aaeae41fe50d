import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TurnoutError } from './core/error.ts'
import { OPTION_NAMES, OPTIONS, type OptionName, parseOptions } from './options.ts'

let cwd: string
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'turnout-options-'))
  writeFileSync(join(cwd, 'other.yaml'), '')
})
afterAll(() => rmSync(cwd, { recursive: true }))

interface Case {
  /** Its value with neither flag nor variable. */
  absent: unknown
  /** Texts, and the values that they stand for. The first two differ. */
  good: readonly (readonly [text: string, value: unknown])[]
  bad: readonly string[]
}

const postgres = 'postgres://me:hidden@db:5432/turnout'
const MB = 1024 ** 2

const DAYS: Case = {
  absent: undefined,
  good: [
    ['30', 30],
    ['36500', 36_500],
  ],
  bad: ['0', '-1', '36501', '1.5', 'forever'],
}

const CASES: Readonly<Record<OptionName, Case>> = {
  port: {
    absent: 8080,
    good: [
      ['9000', 9000],
      ['0', 0],
      ['65535', 65535],
    ],
    bad: ['65536', '-1', '80a', '1e3', '80.5', '0x50'],
  },
  host: {
    absent: '127.0.0.1',
    good: [
      ['0.0.0.0', '0.0.0.0'],
      ['::', '::'],
    ],
    bad: ['two words'],
  },
  publicUrl: {
    absent: undefined,
    good: [
      ['https://models.example.com/', 'https://models.example.com'],
      ['http://host:8080/turnout', 'http://host:8080/turnout'],
    ],
    bad: ['models.example.com', 'ftp://host', 'https://host?a=1', 'http://'],
  },
  dataDir: {
    absent: () => join(cwd, '.turnout'),
    good: [
      ['data', () => join(cwd, 'data')],
      ['/srv/turnout', '/srv/turnout'],
    ],
    bad: ['nul\0byte'],
  },
  configFile: {
    absent: () => join(cwd, 'turnout.yaml'),
    good: [
      ['other.yaml', () => join(cwd, 'other.yaml')],
      ['./', () => cwd],
    ],
    bad: ['missing.yaml'],
  },
  databaseUrl: {
    absent: undefined,
    good: [
      [postgres, postgres],
      ['postgresql://db/turnout', 'postgresql://db/turnout'],
    ],
    bad: ['mysql://db/turnout', 'postgres://me:pass@[db/x'],
  },
  adminKey: {
    absent: undefined,
    good: [
      ['a'.repeat(24), 'a'.repeat(24)],
      ['with spaces and ünïcode 123', 'with spaces and ünïcode 123'],
    ],
    bad: ['a'.repeat(23)],
  },
  logLevel: {
    absent: 'info',
    good: [
      ['debug', 'debug'],
      ['SILENT', 'silent'],
    ],
    bad: ['verbose'],
  },
  workers: {
    absent: 1,
    good: [
      ['4', 4],
      ['1', 1],
    ],
    bad: ['0', '257', 'many'],
  },
  bodyLimitBytes: {
    absent: 32 * MB,
    good: [
      ['512kb', 512 * 1024],
      ['1.5MB', 1.5 * MB],
      ['1gb', 1024 * MB],
      ['4096', 4096],
      ['4096b', 4096],
    ],
    bad: ['1023', '2gb', '32 megabytes', '-1mb', ''],
  },
  imageBodyLimitBytes: {
    absent: 128 * MB,
    good: [
      ['64mb', 64 * MB],
      ['2048kb', 2 * MB],
    ],
    bad: ['mb', '1tb'],
  },
  cacheMegabytes: {
    absent: 64,
    good: [
      ['0', 0],
      ['512', 512],
    ],
    bad: ['-1', '1.5', '65537', '64mb'],
  },
  metricsPublic: {
    absent: false,
    good: [
      ['true', true],
      ['false', false],
    ],
    bad: ['yes'],
  },
  jsonDepth: {
    absent: 100,
    good: [
      ['8', 8],
      ['1000', 1000],
    ],
    bad: ['7', '1001'],
  },
  jobsPerProvider: {
    absent: 64,
    good: [
      ['1', 1],
      ['500', 500],
    ],
    bad: ['0', '1.5', 'many'],
  },
  jobsPerModel: {
    absent: 32,
    good: [
      ['100', 100],
      ['1', 1],
    ],
    bad: ['0', '100001'],
  },
  jobsPerKey: {
    absent: 32,
    good: [
      ['7', 7],
      ['8', 8],
    ],
    bad: ['-1'],
  },
  jobRetentionDays: DAYS,
  durableImages: {
    absent: true,
    good: [
      ['true', true],
      ['false', false],
    ],
    bad: ['maybe'],
  },
  shutdownGraceMs: {
    absent: 30_000,
    good: [
      ['0', 0],
      ['2.5', 2500],
    ],
    bad: ['-1', '3601', '30s'],
  },
  allowedPrivatePlaces: {
    absent: undefined,
    good: [
      ['10.0.0.0/8, pictures.internal', ['10.0.0.0/8', 'pictures.internal']],
      ['fd00::/8', ['fd00::/8']],
    ],
    bad: ['10.0.0.0/99', 'http://pictures.internal'],
  },
  emulate: {
    absent: 'auto',
    good: [
      ['always', 'always'],
      ['never', 'never'],
    ],
    bad: ['sometimes'],
  },
  storage: {
    absent: 'fs',
    good: [
      ['s3://bucket/some/prefix/', { bucket: 'bucket', prefix: 'some/prefix/' }],
      ['s3://bucket', { bucket: 'bucket', prefix: '' }],
      ['FS', 'fs'],
    ],
    bad: ['s3://', 's3://Bucket', 's3://bucket/../other', '/srv/artifacts', 'https://bucket'],
  },
  s3Endpoint: {
    absent: undefined,
    good: [
      ['http://127.0.0.1:9000/', 'http://127.0.0.1:9000'],
      ['https://storage.example', 'https://storage.example'],
    ],
    bad: ['storage.example'],
  },
  s3Region: {
    absent: undefined,
    good: [
      ['eu-central-1', 'eu-central-1'],
      ['auto', 'auto'],
    ],
    bad: ['eu central'],
  },
  s3ForcePathStyle: {
    absent: undefined,
    good: [
      ['true', true],
      ['False', false],
    ],
    bad: ['yes'],
  },
  s3AccessKeyId: {
    absent: undefined,
    good: [
      ['AKIAEXAMPLE', 'AKIAEXAMPLE'],
      ['me', 'me'],
    ],
    bad: ['two words'],
  },
  s3SecretAccessKey: {
    absent: undefined,
    good: [
      ['secret-of-mine', 'secret-of-mine'],
      ['another-secret', 'another-secret'],
    ],
    bad: ['short'],
  },
  s3Redirect: {
    absent: false,
    good: [
      ['true', true],
      ['false', false],
    ],
    bad: ['1'],
  },
  s3InputBuckets: {
    absent: undefined,
    good: [
      ['photos, more.photos', ['photos', 'more.photos']],
      ['photos', ['photos']],
    ],
    bad: ['photos,Not A Bucket'],
  },
  retentionDays: DAYS,
  linkExpiryMs: {
    absent: 3_600_000,
    good: [
      ['60', 60_000],
      ['604800', 604_800_000],
    ],
    bad: ['5', '1h'],
  },
  maxPictureBytes: {
    absent: 64 * MB,
    good: [
      ['20mb', 20 * MB],
      ['1gb', 1024 * MB],
    ],
    bad: ['64', '100gb'],
  },
  maxVideoBytes: {
    absent: 2048 * MB,
    good: [
      ['500mb', 500 * MB],
      ['4gb', 4096 * MB],
    ],
    bad: ['0', '1tb'],
  },
  uploadQuotaBytes: {
    absent: 10 * 1024 * MB,
    good: [
      ['1gb', 1024 * MB],
      ['100mb', 100 * MB],
    ],
    bad: ['none'],
  },
  production: {
    absent: false,
    good: [
      ['production', true],
      ['test', false],
    ],
    bad: [],
  },
}

const meant = (value: unknown) => (typeof value === 'function' ? value() : value)

function refusal(argv: string[], env: Record<string, string>): TurnoutError {
  try {
    parseOptions(argv, env, cwd)
  } catch (error) {
    expect(error).toBeInstanceOf(TurnoutError)
    expect((error as TurnoutError).code).toBe('invalid_input')
    return error as TurnoutError
  }
  throw new Error('was not refused')
}

describe.each(OPTION_NAMES)('option %s', (name) => {
  const { flag, variable, kind } = OPTIONS[name]
  const { absent, good, bad } = CASES[name]
  const [[first], [second, secondValue]] = good as [Case['good'][0], Case['good'][0]]

  it('has its default', () => {
    expect(parseOptions([], {}, cwd)[name]).toEqual(meant(absent))
    expect(parseOptions([], { [variable]: '  ' }, cwd)[name]).toEqual(meant(absent))
  })

  it.each(good)('reads %j by flag and by variable', (text, value) => {
    expect(parseOptions([`--${flag}`, text], {}, cwd)[name]).toEqual(meant(value))
    expect(parseOptions([`--${flag}=${text}`], {}, cwd)[name]).toEqual(meant(value))
    expect(parseOptions([], { [variable]: text }, cwd)[name]).toEqual(meant(value))
  })

  it('lets the flag win over the variable, even a broken one', () => {
    expect(parseOptions([`--${flag}`, second], { [variable]: first }, cwd)[name]).toEqual(meant(secondValue))
    for (const text of bad.slice(0, 1)) {
      expect(parseOptions([`--${flag}`, second], { [variable]: text }, cwd)[name]).toEqual(meant(secondValue))
    }
  })

  it.each(bad)('refuses %j and names what is at fault', (text) => {
    const byFlag = refusal([`--${flag}=${text}`], {})
    expect(byFlag.param).toBe(`--${flag}`)
    expect(byFlag.message).toContain(`--${flag}`)
    if (text === '') return
    const byVariable = refusal([], { [variable]: text })
    expect(byVariable.param).toBe(variable)
    expect(byVariable.message).toContain(variable)
    if (kind.secret) expect(byVariable.message).not.toContain(text)
  })
})

describe('parseOptions', () => {
  it('passes the environment on', () => {
    expect(parseOptions([], { OPENAI_API_KEY: 'sk' }, cwd).env.OPENAI_API_KEY).toBe('sk')
  })

  it('names all that is wrong at once', () => {
    const error = refusal(['--port', 'x'], { LOG_LEVEL: 'loud' })
    expect(error.message).toContain('--port')
    expect(error.message).toContain('LOG_LEVEL')
    expect(error.message).toContain('one of fatal, error')
  })

  it.each([
    [['--prot', '1'], '--port'],
    [['--databaseurl', 'x'], '--database-url'],
    [['--work', '2'], '--workers'],
  ])('refuses %j with the nearest flag', (argv, guess) => {
    expect(refusal(argv, {}).message).toContain(`Did you mean ${guess}?`)
  })

  it.each([[['--zzzzzzzz']], [['-p', '80']], [['start']], [['--port']], [['--port', '--host']]])(
    'refuses %j',
    (argv) => {
      refusal(argv, {})
    },
  )

  it('gives every flag and every variable to one option only', () => {
    const options = OPTION_NAMES.map((name) => OPTIONS[name])
    expect(new Set(options.map((option) => option.flag)).size).toBe(options.length)
    expect(new Set(options.map((option) => option.variable)).size).toBe(options.length)
  })
})
