import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { PRESETS } from './catalog/providers.ts'
import type { Environment } from './environment/read.ts'
import { readEnvironment } from './environment.ts'
import { parseConfiguration } from './file/parse.ts'
import { GENERIC_PROVIDER } from './generic.ts'
import type { RegistryOptions } from './options.ts'
import { LiveRegistry } from './registry.ts'
import { readRouting } from './routing/environment.ts'
import type { Registry } from './types.ts'

export type { RegistryOptions } from './options.ts'

/**
 * Reads all sources and follows them until the registry is closed.
 *
 * @throws TurnoutError invalid_input where turnout.yaml is not valid; the message has a line for everything that is wrong
 */
export async function createRegistry(options: RegistryOptions): Promise<Registry> {
  const registry = new LiveRegistry(options)
  try {
    await registry.start()
    return registry
  } catch (error) {
    await registry.close()
    throw error
  }
}

/**
 * Whether the environment or the file gives any provider or model a credential
 * or a base URL. A file that is not valid gives none; it is refused at start.
 */
export function hasCredentials(env: Environment, configFile?: string): boolean {
  const { models, providers } = readEnvironment(env)
  const given = [...providers, ...models.map(({ patch }) => patch), ...readRouting(env).models]
  return [...given, ...namedInFile(configFile)].some(
    ({ credential, baseUrl }) => credential !== undefined || baseUrl !== undefined,
  )
}

function namedInFile(configFile: string | undefined): { credential?: string; baseUrl?: string }[] {
  if (configFile === undefined) return []
  let text: string
  try {
    text = readFileSync(configFile, 'utf8')
  } catch {
    return []
  }
  const adapters = new Set([GENERIC_PROVIDER, ...PRESETS.map(({ adapter }) => adapter)])
  const parsed = parseConfiguration(text, basename(configFile), {
    providers: new Set(PRESETS.map(({ id }) => id)),
    adapters,
  })
  if (!parsed.ok) return []
  const { providers, models } = parsed.file.configuration
  return [...Object.values(providers).filter(({ enabled }) => enabled !== false), ...models]
}
