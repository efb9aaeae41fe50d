import { readFileSync } from 'node:fs'
import { type Command, EXIT } from './command.ts'

/** The version of the package that this file is part of. */
export function packageVersion(): string {
  let folder = new URL('.', import.meta.url)
  for (;;) {
    try {
      const text = readFileSync(new URL('package.json', folder), 'utf8')
      return (JSON.parse(text) as { version: string }).version
    } catch (error) {
      const parent = new URL('..', folder)
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent.href === folder.href) throw error
      folder = parent
    }
  }
}

export const command: Command = {
  async run(_argv, { terminal }) {
    terminal.out(packageVersion())
    return EXIT.ok
  },
}
