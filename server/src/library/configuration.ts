import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { Configuration, type ModelPatch } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import { ADAPTERS } from '../providers/index.ts'
import { CATALOG } from '../registry/catalog/index.ts'
import { PRESETS } from '../registry/catalog/providers.ts'
import { createSecretReader, type SecretReader } from '../registry/credentials.ts'
import type { Environment } from '../registry/environment/read.ts'
import { formatPath } from '../registry/file/issues.ts'
import type { ParsedFile } from '../registry/file/parse.ts'
import { GENERIC_PROVIDER } from '../registry/generic.ts'
import type { Problem } from '../registry/types.ts'
import type { TurnoutOptions } from './types.ts'

/** All that a registry of the library is made from, read once. */
export interface Sources {
  env: Environment
  file: ParsedFile
  readSecret: SecretReader
  catalog: readonly ModelPatch[]
}

/** The configuration as if it stood in a file. */
export const asFile = (configuration: Configuration): ParsedFile => ({ configuration, where: formatPath })

export const invalidConfiguration = (problems: readonly Problem[]): TurnoutError =>
  new TurnoutError(
    'invalid_input',
    `The configuration is not valid:\n${problems.map(({ where, message }) => `  ${where}: ${message}`).join('\n')}`,
    { param: 'configuration', details: problems },
  )

const KNOWN = {
  providers: new Set(PRESETS.map(({ id }) => id)),
  adapters: new Set([GENERIC_PROVIDER, ...ADAPTERS.keys()]),
}

/** @param place How a problem tells where it is. */
async function parse(text: string, name: string, place = (where: string) => where): Promise<ParsedFile> {
  // YAML is loaded only for those who have a configuration.
  const { parseConfiguration } = await import('../registry/file/parse.ts')
  const parsed = parseConfiguration(text, name, KNOWN)
  if (parsed.ok) return parsed.file
  throw invalidConfiguration(parsed.problems.map((problem) => ({ ...problem, where: place(problem.where) })))
}

/** Unlike that of the server, a file that is named must be there. */
async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new TurnoutError('invalid_input', `configuration: the file ${path} cannot be read (${code ?? 'error'}).`, {
      param: 'configuration',
      cause: error,
    })
  }
}

/** An object has no lines: its problems are told by the fields alone. */
async function readObject(configuration: object): Promise<ParsedFile> {
  const place = (where: string) => where.replace(/^configuration:\d+ /, '')
  const { configuration: checked } = await parse(JSON.stringify(configuration), 'configuration', place)
  return asFile(checked)
}

/** @throws TurnoutError invalid_input with everything that is wrong with the configuration */
export async function readSources({ env = process.env, configuration }: TurnoutOptions): Promise<Sources> {
  const path = typeof configuration === 'string' ? configuration : undefined
  const file =
    configuration === undefined
      ? asFile(Configuration.parse({}))
      : typeof configuration === 'string'
        ? await parse(await readText(configuration), basename(configuration))
        : await readObject(configuration)
  const readSecret = createSecretReader(env, path === undefined ? '.' : dirname(path))
  return { env, file, readSecret, catalog: CATALOG }
}
