/** Writes `docs/reference/turnout.schema.json`. Run it after a change to the configuration's schema. */
import { mkdir, writeFile } from 'node:fs/promises'
import { renderConfigurationSchema } from './json-schema.ts'

const page = new URL('../../../../docs/reference/turnout.schema.json', import.meta.url)
await mkdir(new URL('.', page), { recursive: true })
await writeFile(page, renderConfigurationSchema())
