/**
 * Calls a real provider: one cheap call per operation, its price told first.
 *
 * `npm run live -- PROVIDER [--yes]`; credentials are read from the environment
 * and from `.env`, like those of the server.
 */
import { createInterface } from 'node:readline/promises'
import { completeEnvironment } from '../server/src/cli/environment.ts'
import { openHouse } from './live/house.ts'
import { run } from './live/run.ts'

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}

process.exitCode = await run(process.argv.slice(2), () => openHouse(completeEnvironment(process.env, process.cwd())), {
  print: (line) => process.stdout.write(`${line}\n`),
  ask: process.stdin.isTTY ? ask : undefined,
})
