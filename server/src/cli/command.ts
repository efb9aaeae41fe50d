import { TurnoutError } from '../core/error.ts'
import { type Arguments, type Flag, parseArguments } from '../options/arguments.ts'
import {
  type OptionName,
  type OptionProblem,
  optionFlags,
  readOptions,
  requireOptions,
  type ServerOptions,
} from '../options.ts'
import { formatOptions } from './reference.ts'
import { formatTable, type Terminal } from './terminal.ts'

/** What a command is given of the world. */
export interface Context {
  terminal: Terminal
  /** Variables, those of the `.env` file included. */
  env: Readonly<Record<string, string | undefined>>
  cwd: string
}

export const EXIT = { ok: 0, failure: 1, usage: 2 } as const

export interface Command {
  /** @returns the exit code. @throws TurnoutError, for a failure or (as `UsageError`) for a wrong command line */
  run(argv: readonly string[], context: Context): Promise<number>
}

/** A command line that cannot be understood: the only failure that is the caller's and not the world's. */
export class UsageError extends TurnoutError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super('invalid_input', message, options)
  }
}

export interface Definition<Input> {
  /** After `turnout`, e.g. `keys revoke ID`. */
  usage: string
  description: string
  /** Flags of its own. */
  flags?: readonly Flag[]
  /** Options of the server that it takes too. */
  options: readonly OptionName[]
  /** What the command line says. @throws TurnoutError invalid_input */
  read(given: Arguments): Input
  run(input: Input, invocation: Invocation): Promise<number>
}

interface Invocation extends Context {
  options: ServerOptions
  /** Empty unless the command looks at them itself. */
  problems: readonly OptionProblem[]
}

/**
 * A command with the flags, the help and the errors that all commands have.
 * @param lenient Runs it even where options are wrong, and tells it so.
 */
export function defineCommand<Input>(definition: Definition<Input>, { lenient = false } = {}): Command {
  const own = definition.flags ?? []
  const known = [...own, ...optionFlags(definition.options), { flag: 'help', description: 'Show this help.' }]
  return {
    async run(argv, context) {
      let input: Input
      let read: ReturnType<typeof readOptions>
      try {
        const given = parseArguments(argv, known)
        if (given.flags.has('help')) {
          context.terminal.out(formatHelp(definition))
          return EXIT.ok
        }
        input = definition.read(given)
        read = readOptions(given.flags, context.env, context.cwd)
        if (!lenient) requireOptions(read)
      } catch (error) {
        if (!(error instanceof TurnoutError)) throw error
        throw new UsageError(`${error.message} See "turnout ${commandName(definition)} --help".`, { cause: error })
      }
      return definition.run(input, { ...context, options: read.options, problems: read.problems })
    },
  }
}

type Described = Pick<Definition<unknown>, 'usage' | 'description' | 'flags' | 'options'>

function formatHelp({ usage, description, flags = [], options }: Described): string {
  const sections = [`Usage: turnout ${usage} [flags]`, description]
  if (flags.length > 0) {
    const rows = flags.map(({ flag, value, description }) => [`  --${flag}${value ? ` ${value}` : ''}`, description])
    sections.push(`Flags:\n${formatTable(rows[0]!, rows.slice(1))}`)
  }
  if (options.length > 0) sections.push(`Options:\n${formatOptions(options)}`)
  return sections.join('\n\n')
}

const commandName = ({ usage }: Described) => usage.split(/ (?=[A-Z[-])/)[0]!

/** For commands that take no positionals. */
export function noPositionals({ positionals }: Arguments): void {
  if (positionals.length > 0) throw new UsageError(`Unexpected argument "${positionals[0]}".`)
}

/** For commands that take exactly one. @param name What it is, as the usage calls it. */
export function onePositional({ positionals }: Arguments, name: string): string {
  if (positionals.length === 0) throw new UsageError(`${name} is missing.`)
  if (positionals.length > 1) throw new UsageError(`Unexpected argument "${positionals[1]}".`)
  return positionals[0]!
}
