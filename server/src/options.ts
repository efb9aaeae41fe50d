import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { TurnoutError } from './core/error.ts'
import { parseArguments } from './options/arguments.ts'
import { JOB_OPTIONS, type JobSettings } from './options/jobs.ts'
import {
  choice,
  httpUrl,
  integer,
  type Kind,
  nodeEnvironment,
  path,
  places,
  postgresUrl,
  seconds,
  secret,
  size,
  text,
  yesOrNo,
} from './options/kinds.ts'
import type { Option } from './options/option.ts'
import { STORAGE_OPTIONS, type StorageSettings } from './options/storage.ts'

/** What a flag or a variable may set. */
interface Settings extends StorageSettings, JobSettings {
  /** 0 takes any free port. */
  port: number
  host: string
  /** Where clients reach the server, without a trailing slash; undefined where they say so themselves. */
  publicUrl: string | undefined
  /** Absolute path. */
  dataDir: string
  /** Absolute path; a file that is not there counts as an empty one. */
  configFile: string | undefined
  /** Undefined: the embedded database. */
  databaseUrl: string | undefined
  adminKey: string | undefined
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  workers: number
  bodyLimitBytes: number
  imageBodyLimitBytes: number
  jsonDepth: number
  /** For answers that are kept; 0 keeps none. */
  cacheMegabytes: number
  /** Anybody may read /metrics. */
  metricsPublic: boolean
  shutdownGraceMs: number
  /** Where pictures may be fetched from although the address is not public. */
  allowedPrivatePlaces: readonly string[] | undefined
  emulate: 'auto' | 'always' | 'never'
  /** Answers keep the details of internal failures to themselves. */
  production: boolean
}

export type OptionName = keyof Settings

export interface ServerOptions extends Settings {
  /** All variables, those of the `.env` file included. */
  env: Readonly<Record<string, string | undefined>>
}

const CONFIG_FILE = 'turnout.yaml'
const MB = 1024 ** 2

/** The one table of options: flags, variables, help and reference are made from it. */
export const OPTIONS: { readonly [Name in OptionName]: Option<Settings[Name]> } = {
  port: {
    variable: 'PORT',
    flag: 'port',
    kind: integer(0, 65535),
    default: '8080',
    description: 'Port to listen on; 0 takes any free one.',
  },
  host: {
    variable: 'HOST',
    flag: 'host',
    kind: text,
    default: '127.0.0.1',
    description: 'Address to listen on. The default serves this machine only; 0.0.0.0 or :: serves the network.',
  },
  publicUrl: {
    variable: 'TURNOUT_PUBLIC_URL',
    flag: 'public-url',
    kind: httpUrl,
    default: undefined,
    otherwise: 'the address that each request came to',
    description: 'What the links that Turnout hands out begin with, where it stands behind a proxy.',
  },
  dataDir: {
    variable: 'TURNOUT_DATA_DIR',
    flag: 'data-dir',
    kind: path,
    default: './.turnout',
    description: 'Directory for everything that Turnout keeps: the embedded database, the usage spool, artifacts.',
  },
  configFile: {
    variable: 'TURNOUT_CONFIG',
    flag: 'config',
    kind: path,
    default: undefined,
    otherwise: `${CONFIG_FILE} in the working directory, as soon as it exists`,
    description: 'Configuration file.',
  },
  databaseUrl: {
    variable: 'DATABASE_URL',
    flag: 'database-url',
    kind: postgresUrl,
    default: undefined,
    otherwise: 'the embedded database in the data directory',
    description: 'PostgreSQL to use. A flag can be seen by other users of the machine: prefer the variable.',
  },
  adminKey: {
    variable: 'TURNOUT_ADMIN_KEY',
    flag: 'admin-key',
    kind: secret(24),
    default: undefined,
    otherwise: 'the first start makes an admin key and prints it once',
    description: "An admin's virtual key. A flag can be seen by other users of the machine: prefer the variable.",
  },
  logLevel: {
    variable: 'LOG_LEVEL',
    flag: 'log-level',
    kind: choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    description: 'The least severe messages to log.',
  },
  workers: {
    variable: 'TURNOUT_WORKERS',
    flag: 'workers',
    kind: integer(1, 256),
    default: '1',
    description: 'Processes that share the port, the registry and the limits.',
  },
  bodyLimitBytes: {
    variable: 'TURNOUT_BODY_LIMIT',
    flag: 'body-limit',
    kind: size(1024, 1024 * MB),
    default: '32mb',
    description: 'Largest body of a request.',
  },
  imageBodyLimitBytes: {
    variable: 'TURNOUT_IMAGE_BODY_LIMIT',
    flag: 'image-body-limit',
    kind: size(1024, 1024 * MB),
    default: '128mb',
    description: 'Largest body of a request that brings pictures to edit.',
  },
  jsonDepth: {
    variable: 'TURNOUT_JSON_DEPTH',
    flag: 'json-depth',
    kind: integer(8, 1000),
    default: '100',
    description: 'How deep the JSON of a request to /v1 may be nested.',
  },
  cacheMegabytes: {
    variable: 'TURNOUT_CACHE_MB',
    flag: 'cache-mb',
    kind: integer(0, 65536),
    default: '64',
    description: 'Megabytes of memory for answers that are kept, in every process; 0 keeps none.',
  },
  metricsPublic: {
    variable: 'TURNOUT_METRICS_PUBLIC',
    flag: 'metrics-public',
    kind: yesOrNo,
    default: 'false',
    description: 'Whether /metrics is open to everybody, rather than to keys with the role viewer.',
  },
  shutdownGraceMs: {
    variable: 'TURNOUT_SHUTDOWN_GRACE',
    flag: 'shutdown-grace',
    kind: seconds(0, 3600),
    default: '30',
    description: 'How long running requests may go on after the signal to stop, in seconds.',
  },
  allowedPrivatePlaces: {
    variable: 'TURNOUT_ALLOW_PRIVATE_URLS',
    flag: 'allow-private-urls',
    kind: places,
    default: undefined,
    otherwise: 'pictures are fetched from public addresses only, and webhooks sent to no others',
    description:
      'Hosts, addresses and ranges that requests may name in URLs of pictures and webhooks although they are not public.',
  },
  emulate: {
    variable: 'TURNOUT_EMULATE',
    flag: 'emulate',
    kind: choice('auto', 'always', 'never'),
    default: 'auto',
    description:
      'Whether the built-in emulator answers for the providers: auto means when no credential is configured.',
  },
  production: {
    variable: 'NODE_ENV',
    flag: 'node-env',
    kind: nodeEnvironment,
    default: 'development',
    description: 'production keeps the details of internal failures out of answers.',
  },
  ...STORAGE_OPTIONS,
  ...JOB_OPTIONS,
}

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[]

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The options that a command line and the environment give.
 * @param cwd Where relative paths start and `turnout.yaml` is looked for.
 * @throws TurnoutError invalid_input, naming each flag or variable at fault and what is allowed
 */
export function parseOptions(argv: readonly string[], env: Environment, cwd: string = process.cwd()): ServerOptions {
  const { flags, positionals } = parseArguments(argv, optionFlags(OPTION_NAMES))
  if (positionals.length > 0) {
    throw new TurnoutError('invalid_input', `Unexpected argument "${positionals[0]}".`, { param: positionals[0] })
  }
  return requireOptions(readOptions(flags, env, cwd))
}

/** The flags of some options, as the command line knows them. */
export function optionFlags(names: readonly OptionName[]) {
  return names.map((name) => {
    const { flag, kind, description } = OPTIONS[name]
    return { flag, value: kind.type.toUpperCase(), description }
  })
}

export interface OptionProblem {
  /** The flag or the variable. */
  where: string
  message: string
}

/** Options as far as they are valid, defaults in place of the others, and what is wrong with those. */
export function readOptions(
  flags: ReadonlyMap<string, string>,
  env: Environment,
  cwd: string,
): { options: ServerOptions; problems: OptionProblem[] } {
  const problems: OptionProblem[] = []
  const read = <Name extends OptionName>(name: Name): Settings[Name] => {
    const option: Option<Settings[Name]> = OPTIONS[name]
    const given = source(option, flags, env)
    const value = given && option.kind.parse(given.text, cwd)
    if (value !== undefined) return value
    if (given) problems.push(problem(option.kind, given))
    return (option.default === undefined ? undefined : option.kind.parse(option.default, cwd)) as Settings[Name]
  }
  const settings = Object.fromEntries(OPTION_NAMES.map((name) => [name, read(name)])) as unknown as Settings
  if (settings.configFile === undefined) {
    // It need not exist: the registry picks it up when it appears.
    settings.configFile = join(cwd, CONFIG_FILE)
  } else if (!existsSync(settings.configFile)) {
    const { where } = source(OPTIONS.configFile, flags, env)!
    problems.push({ where, message: `${where} names ${settings.configFile}, which does not exist.` })
  }
  return { options: { ...settings, env }, problems }
}

/** @throws TurnoutError invalid_input with all problems */
export function requireOptions(read: { options: ServerOptions; problems: OptionProblem[] }): ServerOptions {
  if (read.problems.length === 0) return read.options
  const message = read.problems.map((problem) => problem.message).join(' ')
  throw new TurnoutError('invalid_input', message, { param: read.problems[0]!.where, details: read.problems })
}

interface Given {
  where: string
  text: string
}

/** What was given for an option: a flag wins over a variable, and an empty variable is none. */
function source(
  option: { flag: string; variable: string },
  flags: ReadonlyMap<string, string>,
  env: Environment,
): Given | undefined {
  const flag = flags.get(option.flag)
  if (flag !== undefined) return { where: `--${option.flag}`, text: flag.trim() }
  const variable = env[option.variable]?.trim()
  return variable ? { where: option.variable, text: variable } : undefined
}

function problem(kind: Kind<unknown>, { where, text: given }: Given): OptionProblem {
  const what = kind.secret ? '' : `, not "${given}"`
  return { where, message: `${where} must be ${kind.allowed}${what}.` }
}
