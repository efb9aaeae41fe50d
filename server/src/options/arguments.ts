import { TurnoutError } from '../core/error.ts'
import { nearestNames } from '../lib/nearest.ts'

/** A flag of the command line, without its leading dashes. */
export interface Flag {
  flag: string
  /** What stands after it, for the help; absent for a switch. */
  value?: string
  description: string
}

export interface Arguments {
  flags: ReadonlyMap<string, string>
  positionals: readonly string[]
}

/**
 * Reads `--flag value`, `--flag=value`, switches (their value is `true`) and
 * positionals; `--` ends the flags. Of a flag that comes twice the last wins.
 * @throws TurnoutError invalid_input for a flag that is not known, with the nearest that is, or that lacks its value
 */
export function parseArguments(argv: readonly string[], known: readonly Flag[]): Arguments {
  const byName = new Map(known.map((flag) => [flag.flag, flag]))
  const flags = new Map<string, string>()
  const positionals: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index]!
    if (argument === '--') {
      positionals.push(...argv.slice(index + 1))
      break
    }
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument)
      continue
    }
    const [name, inline] = split(argument)
    const flag = argument.startsWith('--') ? byName.get(name) : undefined
    if (flag === undefined) throw unknownFlag(argument.startsWith('--') ? `--${name}` : argument, name, byName)
    if (flag.value === undefined) {
      if (inline !== undefined) throw wrongFlag(name, `--${name} takes no value.`)
      flags.set(name, 'true')
      continue
    }
    const value = inline ?? argv[++index]
    if (value === undefined || (inline === undefined && value.startsWith('--'))) {
      throw wrongFlag(name, `--${name} needs a value: --${name} ${flag.value}.`)
    }
    flags.set(name, value)
  }
  return { flags, positionals }
}

function split(argument: string): [name: string, inline: string | undefined] {
  const body = argument.replace(/^--?/, '')
  const equals = body.indexOf('=')
  return equals < 0 ? [body, undefined] : [body.slice(0, equals), body.slice(equals + 1)]
}

function unknownFlag(shown: string, name: string, known: ReadonlyMap<string, Flag>): TurnoutError {
  const [guess] = nearestNames(name, known.keys())
  const hint = guess === undefined ? '' : ` Did you mean --${guess}?`
  return new TurnoutError('invalid_input', `There is no flag ${shown} here.${hint}`, { param: shown })
}

function wrongFlag(name: string, message: string): TurnoutError {
  return new TurnoutError('invalid_input', message, { param: `--${name}` })
}
