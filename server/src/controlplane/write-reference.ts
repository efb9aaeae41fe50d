/** Writes `docs/reference/errors.md`. Run it after a change to the table of errors. */
import { mkdir, writeFile } from 'node:fs/promises'
import { renderErrorReference } from './reference.ts'

const page = new URL('../../../docs/reference/errors.md', import.meta.url)
await mkdir(new URL('.', page), { recursive: true })
await writeFile(page, renderErrorReference())
