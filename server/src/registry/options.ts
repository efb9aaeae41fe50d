import type { ModelPatch } from '@turnout/contract'
import type { Database } from '../db/database.ts'
import type { ProviderPreset } from './catalog/providers.ts'
import type { ListModels } from './discovery.ts'
import type { Environment } from './environment/read.ts'
import type { Emulation } from './providers.ts'

export interface RegistryLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export interface RegistryOptions {
  env: Environment
  /** Path of turnout.yaml. A file that is not there is an empty one, until it appears. */
  configFile?: string | undefined
  database?: Database | undefined
  /** Ids of the adapters that exist. */
  adapters: ReadonlySet<string>
  /** How engines on the user's own machines are asked for their models. Absent: they are not looked for. */
  list?: ListModels | undefined
  /** Absent: the built-in ones. */
  catalog?: readonly ModelPatch[]
  presets?: readonly ProviderPreset[]
  /** The providers that the emulator stands in for, by id. */
  emulated?: ReadonlyMap<string, Emulation> | undefined
  log: RegistryLog
  /** Epoch milliseconds. */
  now?: () => number
}
