import type { TemplateStore } from '../../registry/templates/store.ts'
import { createTemplateRecords } from './records.ts'
import { createTemplateRuns } from './run.ts'
import type { LayerPictures, TemplateMaker, Templates } from './types.ts'

interface TemplateServices {
  store: TemplateStore
  maker: TemplateMaker
  pictures: LayerPictures
}

export function createTemplates({ store, maker, pictures }: TemplateServices): Templates {
  const records = createTemplateRecords(store)
  return { ...records, ...createTemplateRuns({ read: records.read, maker, pictures }) }
}
