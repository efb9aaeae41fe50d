import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A source file with a path from the root of the repository, in forward slashes. */
export interface Source {
  path: string
  text: string
}

export interface Import {
  specifier: string
  /** `import type`: gone when the code runs. */
  typeOnly: boolean
}

const STATEMENT = /^(?:import|export)(?:(\s+type)?\s*[\w$*{}\s,]*?\bfrom)?\s*['"]([^'"]+)['"]/gm
const CALL = /(?<![.\w'"`])import\(\s*['"]([^'"]+)['"]/g

/** The imports of a file, static ones from the statements that begin a line, and dynamic ones. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text)
  return [
    ...Array.from(code.matchAll(STATEMENT), ([, type, specifier]) => ({ specifier: specifier!, typeOnly: !!type })),
    ...Array.from(code.matchAll(CALL), ([, specifier]) => ({ specifier: specifier!, typeOnly: false })),
  ]
}

const withoutComments = (text: string) => text.replace(/^\s*(?:\/\*[\s\S]*?\*\/|\/\/.*)/gm, '')

const SKIPPED = new Set(['node_modules', 'dist', 'coverage'])

/** All TypeScript below some folders; a folder that does not exist has none. */
export function readSources(root: string, folders: readonly string[]): Source[] {
  const sources: Source[] = []
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) walk(path)
      else if (/\.(ts|tsx)$/.test(entry.name)) sources.push({ path, text: readFileSync(join(root, path), 'utf8') })
    }
  }
  const present = new Set(readdirSync(root))
  for (const folder of folders) if (present.has(folder)) walk(folder)
  return sources
}
