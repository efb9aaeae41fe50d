/** Writes docs/reference/configuration.md from the table of options: `node scripts/write-configuration.ts`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { configurationPage } from '../server/src/cli/reference.ts'
import { OPTION_NAMES } from '../server/src/options.ts'

const folder = new URL('../docs/reference/', import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(new URL('configuration.md', folder), configurationPage(OPTION_NAMES))
