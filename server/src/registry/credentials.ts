import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Environment, read } from './environment/read.ts'

/**
 * What a reference stands for, or why it stands for nothing. The failure never
 * holds the value. No value: the provider's own library finds the credential.
 */
type Secret = { ok: true; value: string | undefined } | { ok: false; failure: string }

export type SecretReader = (ref: string) => Secret

/** No credential is longer; it keeps a wrong path from filling the memory. */
const MAX_BYTES = 64 * 1024

/** Whether a text names a secret instead of being one. */
export const isReference = (text: string): boolean => text.startsWith('env:') || text.startsWith('file:')

/** The reference that leaves the search to the provider's own library: a profile, a role of the machine. */
export const DEFAULT_CHAIN = 'default'

/** The variables that `A:B:C?` names. */
function partsOf(variables: string): { name: string; optional: boolean }[] {
  return variables.split(':').map((part) => ({ name: part.replace(/\?$/, ''), optional: part.endsWith('?') }))
}

/** Whether the variables that a credential is made of are all set. */
export const isGiven = (env: Environment, variables: string): boolean =>
  partsOf(variables).every(({ name, optional }) => optional || read(env, name) !== undefined)

/** The variables that a user must set. */
export const describeVariables = (variables: string): string =>
  partsOf(variables)
    .filter(({ optional }) => !optional)
    .map(({ name }) => name)
    .join(' and ')

/** A secret of several parts, in the form `FIRST:SECOND` that adapters know. */
function readVariables(env: Environment, variables: string): Secret {
  const values: string[] = []
  for (const { name, optional } of partsOf(variables)) {
    const secret = checked(env[name], `Variable ${name}`, 'is not set')
    if (secret.ok) values.push(secret.value ?? '')
    else if (!optional || env[name]?.trim()) return secret
  }
  return { ok: true, value: values.join(':') }
}

/**
 * Reads secrets from where `env:NAME`, `env:NAME:NAME` and `file:PATH` say that they stand.
 *
 * @param directory Where relative paths start.
 */
export function createSecretReader(env: Environment, directory: string): SecretReader {
  return (ref) => {
    if (ref === DEFAULT_CHAIN) return { ok: true, value: undefined }
    if (ref.startsWith('env:')) return readVariables(env, ref.slice('env:'.length))
    if (ref.startsWith('file:')) return readSecretFile(resolve(directory, ref.slice('file:'.length)))
    return { ok: false, failure: 'A credential must be given as "env:NAME", "file:PATH" or "default".' }
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
  const trimmed = onOneLine(value?.trim())
  if (!trimmed) return { ok: false, failure: `${subject} ${absent}.` }
  // It becomes part of a header, which holds Latin-1 alone; a document is taken apart first.
  if (/\p{Cc}/u.test(trimmed)) return { ok: false, failure: `${subject} has line breaks or control characters.` }
  if (!trimmed.startsWith('{') && /[^\0-\xff]/.test(trimmed)) {
    return { ok: false, failure: `${subject} has characters that no credential has; was it copied whole?` }
  }
  return { ok: true, value: trimmed }
}

/** A service account's key is a JSON document of many lines; its meaning needs none of them. */
function onOneLine(value: string | undefined): string | undefined {
  if (!value?.startsWith('{')) return value
  try {
    return JSON.stringify(JSON.parse(value))
  } catch {
    return value
  }
}
