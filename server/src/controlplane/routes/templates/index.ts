import type { Route } from '../../route.ts'
import { copyTemplate } from './copy.ts'
import { createTemplate } from './create.ts'
import { deleteTemplate } from './delete.ts'
import { listTemplates } from './list.ts'
import { previewTemplate } from './preview.ts'
import { readTemplate } from './read.ts'
import { rollbackTemplate } from './rollback.ts'
import { runTemplate } from './run.ts'
import { updateTemplate } from './update.ts'
import { listTemplateVersions } from './versions.ts'

export const TEMPLATE_ROUTES: readonly Route[] = [
  listTemplates,
  readTemplate,
  createTemplate,
  copyTemplate,
  updateTemplate,
  deleteTemplate,
  listTemplateVersions,
  rollbackTemplate,
  runTemplate,
  previewTemplate,
]
