import { defineCommand, EXIT, onePositional } from './command.ts'
import { KEY_OPTIONS, withKeys } from './with-keys.ts'

export const command = defineCommand({
  usage: 'keys revoke ID',
  description: 'Revokes a virtual key. A running server refuses it within seconds.',
  options: KEY_OPTIONS,
  read: (given) => onePositional(given, 'ID'),
  async run(id, { options, terminal }) {
    const key = await withKeys(options, (keys) => keys.revoke(id))
    terminal.out(`${key.id} (${key.name}) is revoked since ${key.revokedAt}.`)
    return EXIT.ok
  },
})
