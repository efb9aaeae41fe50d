import type { VirtualKey } from '@turnout/contract'
import { defineCommand, EXIT, noPositionals } from './command.ts'
import { formatTable } from './terminal.ts'
import { KEY_OPTIONS, withKeys } from './with-keys.ts'

const PAGE = 500

export const command = defineCommand({
  usage: 'keys list',
  description: 'Lists the virtual keys, the newest first. Their secrets are not stored and cannot be shown.',
  flags: [{ flag: 'json', description: 'Print them as JSON.' }],
  options: KEY_OPTIONS,
  read(given) {
    noPositionals(given)
    return { json: given.flags.has('json') }
  },
  async run({ json }, { options, terminal }) {
    const keys = await withKeys(options, async (store) => {
      const all: VirtualKey[] = []
      let cursor: string | undefined
      do {
        const page = await store.list({ cursor, limit: PAGE })
        all.push(...page.items)
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      return all
    })
    terminal.out(json ? JSON.stringify(keys, undefined, 2) : format(keys, Date.now()))
    return EXIT.ok
  },
})

function format(keys: readonly VirtualKey[], now: number): string {
  return formatTable(
    ['ID', 'NAME', 'KEY', 'ROLE', 'OWNER', 'RPM', 'CREATED', 'STATE'],
    keys.map((key) => [
      key.id,
      key.name,
      `${key.prefix}...`,
      key.role,
      key.owner ?? '-',
      String(key.limits.requestsPerMinute ?? '-'),
      key.createdAt.slice(0, 10),
      state(key, now),
    ]),
  )
}

function state({ revokedAt, expiresAt }: VirtualKey, now: number): string {
  if (revokedAt !== null) return `revoked ${revokedAt.slice(0, 10)}`
  if (expiresAt === null) return 'active'
  return `${Date.parse(expiresAt) <= now ? 'expired' : 'active until'} ${expiresAt.slice(0, 10)}`
}
