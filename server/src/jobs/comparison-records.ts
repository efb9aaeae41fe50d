import type { JobKind, LeftOut } from '@turnout/contract'
import type { Database } from '../db/database.ts'
import { storable } from '../lib/storable.ts'

/** What was compared; its members are the jobs of the set of the same id. */
export interface ComparisonRecord {
  id: string
  keyId: string
  kind: JobKind
  prompt: string
  leftOut: LeftOut[]
  warnings: string[]
}

export class ComparisonRecords {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async insert({ id, keyId, kind, prompt, leftOut, warnings }: ComparisonRecord): Promise<void> {
    await this.#database.sql
      .insertInto('comparisons')
      .values({
        id,
        key_id: keyId,
        kind,
        // The jobs have it as it came.
        prompt: storable(prompt),
        left_out: JSON.stringify(leftOut),
        warnings: JSON.stringify(warnings),
      })
      .execute()
  }

  async find(id: string): Promise<(ComparisonRecord & { createdAt: Date }) | undefined> {
    const row = await this.#database.sql.selectFrom('comparisons').selectAll().where('id', '=', id).executeTakeFirst()
    if (row === undefined) return undefined
    const { key_id: keyId, left_out: leftOut, created_at: createdAt, ...rest } = row
    return { ...rest, keyId, leftOut, createdAt }
  }
}
