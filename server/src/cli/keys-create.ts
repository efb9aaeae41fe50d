import { CreateKey, ROLES } from '@turnout/contract'
import { defineCommand, EXIT, noPositionals, UsageError } from './command.ts'
import { parseExpiry } from './expiry.ts'
import { KEY_OPTIONS, withKeys } from './with-keys.ts'

/** What each field of the contract allows, in the words of the command line. */
const ALLOWED: Readonly<Record<string, string>> = {
  name: '--name must have 1 to 100 characters, and no control characters',
  role: `--role must be one of ${ROLES.join(', ')}`,
  owner: '--owner must have 1 to 200 characters, and no control characters',
  limits: '--rpm must be a whole number from 1',
  expiresAt: '--expires must lie in the years 1 to 9999',
}

export const command = defineCommand({
  usage: 'keys create --name NAME',
  description: 'Creates a virtual key and prints its secret, which is shown this once.',
  flags: [
    { flag: 'name', value: 'NAME', description: 'What to call it. Needed.' },
    { flag: 'role', value: 'ROLE', description: `One of ${ROLES.join(', ')}. Default: user.` },
    { flag: 'owner', value: 'OWNER', description: 'The user or team that it is for.' },
    { flag: 'expires', value: 'WHEN', description: 'A span such as 30d or 12h, or a date. Default: never.' },
    { flag: 'rpm', value: 'COUNT', description: 'Requests that it may make in one minute.' },
    { flag: 'json', description: 'Print the whole key as JSON.' },
  ],
  options: KEY_OPTIONS,
  read(given) {
    noPositionals(given)
    const { flags } = given
    if (!flags.has('name')) throw new UsageError('--name is missing.')
    const expires = flags.get('expires')
    const rpm = flags.get('rpm')
    const input = CreateKey.safeParse({
      name: flags.get('name'),
      role: flags.get('role'),
      owner: flags.get('owner'),
      expiresAt: expires === undefined ? undefined : parseExpiry(expires, Date.now()),
      limits: rpm === undefined ? undefined : { requestsPerMinute: Number(rpm) },
    })
    if (!input.success) {
      const field = String(input.error.issues[0]!.path[0])
      throw new UsageError(`${ALLOWED[field] ?? input.error.issues[0]!.message}.`)
    }
    return { input: input.data, json: flags.has('json') }
  },
  async run({ input, json }, { options, terminal }) {
    const key = await withKeys(options, (keys) => keys.create(input))
    terminal.out(json ? JSON.stringify(key, undefined, 2) : key.secret)
    if (!json) {
      const until = key.expiresAt === null ? 'never expires' : `expires on ${key.expiresAt}`
      terminal.error(`${key.id}: role ${key.role}, ${until}. The key is not shown again.`)
    }
    return EXIT.ok
  },
})
