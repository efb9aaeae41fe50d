import type { VirtualKey } from '@turnout/contract'
import type { Selectable } from 'kysely'
import type { Tables } from '../db/tables.ts'
import type { Principal } from './types.ts'

type Row = Selectable<Tables['virtual_keys']>

export function toPrincipal(row: Pick<Row, 'id' | 'name' | 'owner' | 'role' | 'limits' | 'expires_at'>): Principal {
  return {
    keyId: row.id,
    name: row.name,
    owner: row.owner,
    role: row.role,
    limits: row.limits,
    expiresAt: row.expires_at?.getTime() ?? Number.POSITIVE_INFINITY,
  }
}

export function toVirtualKey(row: Row): VirtualKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    owner: row.owner,
    role: row.role,
    limits: row.limits,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  }
}
