import { OPTION_NAMES } from '../options.ts'
import { type Command, EXIT } from './command.ts'
import { COMMANDS, find } from './main.ts'
import { formatOptions } from './reference.ts'
import { formatTable } from './terminal.ts'

/** `turnout help`, or `turnout help COMMAND` for the help of one. */
export const command: Command = {
  async run(argv, context) {
    if (argv.length > 0 && !argv[0]!.startsWith('-')) {
      return (await find(argv).command.load()).run(['--help'], context)
    }
    const rows = [...COMMANDS].map(([name, { summary }]) => [`  ${name}`, summary])
    context.terminal.out(`Usage: turnout COMMAND [flags]

A self-hosted gateway for generative models: one API, one registry, one bill.

Commands:
${formatTable(rows[0]!, rows.slice(1))}

"turnout COMMAND --help" explains one of them.

Options, as flags of "turnout start" or as variables of the environment:
${formatOptions(OPTION_NAMES)}`)
    return EXIT.ok
  },
}
