import type { TemplateConfiguration } from '@turnout/contract'
import type { ColumnType, Generated } from 'kysely'

export interface TemplatesTable {
  id: string
  /** The one that holds; it counts on where a template of the same id was deleted before. */
  version: number
  /** Without a record until it is made again. */
  deleted: Generated<boolean>
}

export interface TemplateVersionsTable {
  template_id: string
  version: number
  /** Null: deleted. */
  record: ColumnType<TemplateConfiguration | null, string | null, never>
  /** Id of the key that made it. */
  author: string
  created_at: Generated<Date>
}

export interface TemplateTables {
  templates: TemplatesTable
  template_versions: TemplateVersionsTable
}
