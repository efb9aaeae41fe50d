import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

/** What a reference stands for, or why it stands for nothing. The failure never holds the value. */
type Secret = { ok: true; value: string } | { ok: false; failure: string }

export type SecretReader = (ref: string) => Secret

/** No credential is longer; it keeps a wrong path from filling the memory. */
const MAX_BYTES = 64 * 1024

/** Whether a text names a secret instead of being one. */
export const isReference = (text: string): boolean => text.startsWith('env:') || text.startsWith('file:')

/**
 * Reads secrets from where `env:NAME` and `file:PATH` say that they stand.
 *
 * @param directory Where relative paths start.
 */
export function createSecretReader(env: Readonly<NodeJS.ProcessEnv>, directory: string): SecretReader {
  return (ref) => {
    if (ref.startsWith('env:')) {
      const name = ref.slice('env:'.length)
      return checked(env[name], `Variable ${name}`, 'is not set')
    }
    if (ref.startsWith('file:')) return readSecretFile(resolve(directory, ref.slice('file:'.length)))
    return { ok: false, failure: 'A credential must be given as "env:NAME" or "file:PATH".' }
  }
}

function readSecretFile(path: string): Secret {
  const subject = `File ${path}`
  try {
    const stats = statSync(path)
    if (!stats.isFile() || stats.size > MAX_BYTES) {
      return { ok: false, failure: `${subject} is no file of at most ${MAX_BYTES / 1024} KB.` }
    }
    return checked(readFileSync(path, 'utf8'), subject, 'is empty')
  } catch (error) {
    return { ok: false, failure: `${subject} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}).` }
  }
}

function checked(value: string | undefined, subject: string, absent: string): Secret {
  const trimmed = value?.trim()
  if (!trimmed) return { ok: false, failure: `${subject} ${absent}.` }
  // It becomes part of a header.
  if (/\p{Cc}/u.test(trimmed)) return { ok: false, failure: `${subject} has line breaks or control characters.` }
  return { ok: true, value: trimmed }
}
