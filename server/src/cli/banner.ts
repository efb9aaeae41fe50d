import { paint, type Terminal } from './terminal.ts'

/** What a person needs to know of a server that has just started. */
export interface Started {
  url: string
  /** The admin key that the first start made. */
  adminKey: string | undefined
  emulated: boolean
}

/** Says where the server is, and with what to try it, at one stroke. Its first line is for programs too. */
export function printBanner({ url, adminKey, emulated }: Started, terminal: Terminal): void {
  const parts = [`Turnout is ready on ${paint(terminal, 'bold', url)}`]
  if (emulated) {
    parts.push(
      `${paint(terminal, 'yellow', 'EMULATED')}: no credential is configured, so the built-in emulator answers. ` +
        'Nothing is sent to a provider, and nothing is paid. Set OPENAI_API_KEY, for example, and start again.',
    )
  }
  if (adminKey !== undefined) {
    parts.push(`
Admin key, shown this once: ${paint(terminal, 'bold', adminKey)}

Try it:
  curl ${url}/v1/chat/completions \\
    -H "Authorization: Bearer ${adminKey}" \\
    -H "Content-Type: application/json" \\
    -d '{"model": "${TRIAL_MODEL}", "messages": [{"role": "user", "content": "Hello!"}]}'
`)
  }
  terminal.out(parts.join('\n'))
}

/** A model that the emulator serves, and OpenAI too. */
export const TRIAL_MODEL = 'gpt-5.4-mini'
