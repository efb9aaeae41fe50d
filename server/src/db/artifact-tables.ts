import type { ArtifactKind, ArtifactLineage } from '@turnout/contract'
import type { ColumnType, JSONColumnType } from 'kysely'

type Time = ColumnType<Date | null, Date | null | undefined, Date | null>

export interface ArtifactsTable {
  id: string
  kind: ArtifactKind
  job_id: string | null
  attempt_id: string | null
  /** Which output of the job it is, from 0. */
  place: number
  key_id: string | null
  user_id: string | null
  filename: string | null
  /** Null until the bytes are stored, like all that is known of them only then. */
  storage_key: string | null
  media_type: string | null
  bytes: bigint | null
  sha256: string | null
  width: number | null
  height: number | null
  duration_ms: number | null
  thumbhash: string | null
  thumbnail_key: string | null
  /** That of the lineage, to look for. */
  model: string | null
  /** `json`, not `jsonb`: it takes escapes that `jsonb` refuses, such as that of NUL in a prompt. */
  lineage: JSONColumnType<ArtifactLineage, string, string>
  created_at: ColumnType<Date, Date, Date>
  stored_at: Time
  expires_at: Time
  /** Nobody gets it any more; its bytes may still be there. */
  deleted_at: Time
  /** Its bytes are gone. */
  purged_at: Time
}

export interface ArtifactTables {
  artifacts: ArtifactsTable
}
