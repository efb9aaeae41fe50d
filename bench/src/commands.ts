/** Serves the commands of the parent process, one after the other, and ends with it. */
export function serveCommands<Command>(serve: (command: Command) => unknown): void {
  process.on('message', async (command: Command) => {
    try {
      process.send!({ result: await serve(command) })
    } catch (error) {
      process.send!({ error: error instanceof Error ? error.message : String(error) })
    }
  })
  process.on('disconnect', () => process.exit())
}
