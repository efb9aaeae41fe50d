import { TurnoutError } from '../core/error.ts'
import { nearestNames } from '../lib/nearest.ts'
import { type Command, type Context, EXIT, UsageError } from './command.ts'
import { completeEnvironment } from './environment.ts'
import { oneLine, processTerminal, type Terminal } from './terminal.ts'

interface Entry {
  summary: string
  /** Commands load when they run, so that `turnout help` does not wait for a database driver. */
  load(): Promise<Command>
}

/** All commands, as they are written after `turnout`. */
export const COMMANDS: ReadonlyMap<string, Entry> = new Map<string, Entry>([
  ['start', { summary: 'Start the server.', load: async () => (await import('./start.ts')).command }],
  ['keys create', { summary: 'Create a virtual key.', load: async () => (await import('./keys-create.ts')).command }],
  ['keys list', { summary: 'List the virtual keys.', load: async () => (await import('./keys-list.ts')).command }],
  ['keys revoke', { summary: 'Revoke a virtual key.', load: async () => (await import('./keys-revoke.ts')).command }],
  ['models list', { summary: 'List the models.', load: async () => (await import('./models-list.ts')).command }],
  [
    'models import',
    {
      summary: 'Add a model from what its provider publishes.',
      load: async () => (await import('./models-import.ts')).command,
    },
  ],
  ['models show', { summary: 'Show one model.', load: async () => (await import('./models-show.ts')).command }],
  [
    'doctor',
    { summary: 'Say what is wrong and how to mend it.', load: async () => (await import('./doctor.ts')).command },
  ],
  ['emulate', { summary: 'Start the emulator alone.', load: async () => (await import('./emulate.ts')).command }],
  ['help', { summary: 'Show this help.', load: async () => (await import('./help.ts')).command }],
  ['version', { summary: 'Show the version.', load: async () => (await import('./version.ts')).command }],
])

const SHORTHANDS: Readonly<Record<string, string>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
}

/**
 * Runs a command line.
 * @param argv What comes after `turnout`.
 * @returns the exit code: 0, 1 for a failure, 2 for a command line that cannot be understood
 */
export async function main(
  argv: readonly string[],
  env: Context['env'] = process.env,
  cwd: string = process.cwd(),
  terminal: Terminal = processTerminal(env),
): Promise<number> {
  let context: Context = { terminal, env, cwd }
  try {
    context = { ...context, env: completeEnvironment(env, cwd) }
    const { command, rest } = find(argv)
    return await (await command.load()).run(rest, context)
  } catch (error) {
    report(error, context)
    return error instanceof UsageError ? EXIT.usage : EXIT.failure
  }
}

/** The command that some words begin with, and what comes after it. */
export function find(argv: readonly string[]): { command: Entry; rest: readonly string[] } {
  const first = argv[0] ?? 'help'
  const words = [SHORTHANDS[first] ?? first, ...argv.slice(1)]
  for (const length of [2, 1]) {
    const command = COMMANDS.get(words.slice(0, length).join(' '))
    if (command !== undefined) return { command, rest: words.slice(length) }
  }
  const group = [...COMMANDS.keys()].filter((name) => name.startsWith(`${words[0]} `))
  if (group.length > 0) throw new UsageError(`"turnout ${first}" needs one of: ${group.join(', ')}.`)
  const typed = words.slice(0, words[1]?.startsWith('-') === false ? 2 : 1).join(' ')
  const [guess] = [...nearestNames(typed, COMMANDS.keys()), ...nearestNames(first, COMMANDS.keys())]
  const hint = guess === undefined ? '"turnout help" lists them.' : `Did you mean "turnout ${guess}"?`
  throw new UsageError(`There is no command "${first}". ${hint}`)
}

/** One clear line, or one for each thing that is wrong with a file; the stack only for those who ask for it. */
function report(error: unknown, { terminal, env }: Context): void {
  const lines = explain(error).split('\n').map(oneLine)
  terminal.error(`turnout: ${lines.join('\n')}`)
  if (/^(debug|trace)$/i.test(env.LOG_LEVEL ?? '') && error instanceof Error) terminal.error(error.stack ?? '')
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const cause = error instanceof TurnoutError && !(error instanceof UsageError) ? error.cause : undefined
  return cause instanceof Error && !error.message.includes(cause.message)
    ? `${error.message} (${cause.message})`
    : error.message
}
