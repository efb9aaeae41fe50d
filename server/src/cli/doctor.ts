import { TurnoutError } from '../core/error.ts'
import type { Database } from '../db/database.ts'
import { OPTION_NAMES, type OptionProblem, type ServerOptions } from '../options.ts'
import { defineCommand, EXIT, noPositionals } from './command.ts'
import { checkDatabase } from './doctor/database.ts'
import { type Finding, fail, printFinding } from './doctor/finding.ts'
import { checkDataDirectory, checkNode, checkPort } from './doctor/machine.ts'
import { checkCredentials, checkSources, checkUnusedCredentials, probeProviders } from './doctor/providers.ts'
import { checkStorage } from './doctor/storage.ts'
import { loadEngine } from './engine.ts'
import { borrow } from './with-registry.ts'

export const command = defineCommand(
  {
    usage: 'doctor',
    description: 'Checks what a start needs, and says what is wrong and how to mend it. It never spends money.',
    flags: [{ flag: 'probe', description: 'Also ask each provider for its list of models, which is free of charge.' }],
    options: OPTION_NAMES,
    read(given) {
      noPositionals(given)
      return { probe: given.flags.has('probe') }
    },
    async run({ probe }, { options, problems, terminal }) {
      let failed = 0
      for await (const finding of diagnose(options, problems, probe)) {
        printFinding(finding, terminal)
        if (finding.level === 'fail') failed++
      }
      terminal.out(failed === 0 ? '\nTurnout can start.' : `\nProblems to mend first: ${failed}.`)
      return failed === 0 ? EXIT.ok : EXIT.failure
    },
  },
  { lenient: true },
)

async function* diagnose(
  options: ServerOptions,
  problems: readonly OptionProblem[],
  probe: boolean,
): AsyncGenerator<Finding> {
  yield checkNode()
  for (const { message } of problems) yield fail(message, 'Correct it, or leave it out to have the default.')
  const directory = checkDataDirectory(options)
  yield directory
  yield await checkPort(options)
  if (directory.level === 'ok' || options.storage !== 'fs') yield await checkStorage(options)

  let database: Database | undefined
  if (directory.level === 'ok' || options.databaseUrl !== undefined) {
    const checked = await checkDatabase(options)
    database = checked.database
    yield checked.finding
  }
  try {
    yield* await checkRegistry(options, database, probe)
  } finally {
    await database?.close()
  }
}

async function checkRegistry(
  options: ServerOptions,
  database: Database | undefined,
  probe: boolean,
): Promise<Finding[]> {
  try {
    const { ADAPTERS } = await loadEngine()
    return await borrow(options, database, async ({ snapshot }) => [
      ...checkSources(snapshot, options.configFile),
      ...checkUnusedCredentials(options.env, ADAPTERS),
      ...checkCredentials(snapshot, options.emulate),
      ...(probe ? await probeProviders(snapshot, ADAPTERS) : []),
    ])
  } catch (error) {
    if (!(error instanceof TurnoutError)) throw error
    // A file that is not valid is refused with a line for everything that is wrong with it, after a first one.
    const [first = '', ...each] = error.message.split('\n')
    return (each.length > 0 ? each : [first]).map((line) => fail(line.trim()))
  }
}
