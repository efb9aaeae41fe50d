import type {
  KeyLimits,
  ModelPatch,
  Outcome,
  PoolConfiguration,
  Role,
  RoleConfiguration,
  Usage,
} from '@turnout/contract'
import type { ColumnType, Generated, JSONColumnType } from 'kysely'

/** A jsonb column: written as JSON text, read as a value. */
type Json<T extends object> = JSONColumnType<T, string, string>
type Created = ColumnType<Date, Date | string | undefined, never>

export interface VirtualKeysTable {
  id: string
  name: string
  prefix: string
  /** SHA-256 of the secret, in hexadecimal. */
  hash: string
  owner: string | null
  role: Role
  limits: Json<KeyLimits>
  created_at: Created
  expires_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
  revoked_at: ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
}

export interface ModelsTable {
  id: string
  record: Json<ModelPatch>
  created_at: Created
  updated_at: ColumnType<Date, Date | string | undefined, Date | string>
}

export interface AttemptsTable {
  id: string
  request_id: string
  attempt: number
  operation: string
  model: string
  provider: string
  upstream_model: string
  key_id: string | null
  user_id: string | null
  started_at: ColumnType<Date, Date | string, never>
  latency_ms: number | null
  first_part_ms: number | null
  streamed: boolean
  outcome: Outcome
  error_code: string | null
  usage: Json<Usage>
  cost_nano: bigint | null
  emulated: boolean
  upstream_request_id: string | null
  /** The process that wrote it, so that others can tell when it has died. */
  writer: string
}

export interface RoutingRevisionsTable {
  id: Generated<bigint>
  kind: 'pool' | 'role'
  name: string
  /** Counts from 1 for each name. */
  revision: number
  /** Null: deleted. */
  record: JSONColumnType<PoolConfiguration | RoleConfiguration, string, string> | null
  /** Id of the key that made it. */
  author: string
  created_at: Generated<Date>
}

export interface SettingsTable {
  name: string
  value: Json<object>
  created_at: Generated<Date>
}

export interface Tables {
  virtual_keys: VirtualKeysTable
  models: ModelsTable
  attempts: AttemptsTable
  routing_revisions: RoutingRevisionsTable
  settings: SettingsTable
}
