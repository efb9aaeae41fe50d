import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { PROVIDERS, startEmulator } from './server.ts'

const USAGE = `Usage: turnout-emulator [--port 8090] [--host 127.0.0.1] [--chunk-delay ms] [--image-delay ms]`

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0) {
    throw new TypeError(`--${name} must be a whole number of at least 0, not "${text}".`)
  }
  return value
}

/**
 * Serves the emulator until SIGINT or SIGTERM.
 *
 * @throws TypeError for an unknown flag or a value that is not a number
 */
export async function runEmulator(argv: string[]): Promise<void> {
  const { values } = parseArgs({
    args: argv,
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      'chunk-delay': { type: 'string' },
      'image-delay': { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  const emulator = await startEmulator({
    port: readNumber('port', values.port) ?? 8090,
    host: values.host,
    chunkDelayMs: readNumber('chunk-delay', values['chunk-delay']) ?? 20,
    imageDelayMs: readNumber('image-delay', values['image-delay']),
  })
  const bases = PROVIDERS.map((id) => `  ${id.padEnd(12)} ${emulator.baseUrl(id)}`).join('\n')
  console.log(`The OpenAI emulator answers at ${emulator.openaiBaseUrl} and any credential is accepted. All base URLs:

${bases}

Try:

  curl ${emulator.openaiBaseUrl}/chat/completions -H 'Authorization: Bearer any' \\
    -H 'Content-Type: application/json' \\
    -d '{"model":"gpt-5.4","messages":[{"role":"user","content":"Why is the sky blue?"}]}'
`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  await emulator.close()
}

if (import.meta.main) {
  try {
    await runEmulator(process.argv.slice(2))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    console.error(USAGE)
    process.exitCode = 1
  }
}
