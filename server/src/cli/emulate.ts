import { runEmulator } from '@turnout/emulator'
import { type Command, EXIT, UsageError } from './command.ts'

/** Hands the command line on: the emulator has flags of its own. */
export const command: Command = {
  async run(argv) {
    try {
      await runEmulator([...argv])
    } catch (error) {
      // What the emulator throws for a wrong flag or value.
      if (error instanceof TypeError) throw new UsageError(error.message, { cause: error })
      throw error
    }
    return EXIT.ok
  },
}
