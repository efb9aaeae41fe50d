import type { ServerOptions } from './options.ts'
import { PRESETS } from './registry/catalog/providers.ts'
import { hasCredentials } from './registry/index.ts'
import type { Emulation } from './registry/providers.ts'

/** Whether the emulator must stand in because there is nobody else to ask. */
export function needsEmulator(options: ServerOptions): boolean {
  return (
    options.emulate === 'always' || (options.emulate === 'auto' && !hasCredentials(options.env, options.configFile))
  )
}

/** An emulator, and what takes the place of the host of each of the providers that it stands in for. */
export interface LaunchedEmulator {
  roots: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** Vertex AI speaks the Gemini API's protocol at another address, and so does its double. */
const DOUBLES: Readonly<Record<string, string>> = { vertex: 'google' }

/** Starts the emulator; its libraries are loaded only then. Local engines are never emulated: they are there or not. */
export async function launchEmulator(): Promise<LaunchedEmulator> {
  const { PROVIDERS, startEmulator } = await import('@turnout/emulator')
  const emulator = await startEmulator({ chunkDelayMs: 15 })
  const known = new Set(PROVIDERS)
  const roots = PRESETS.flatMap(({ id, local }) => {
    const double = DOUBLES[id] ?? id
    if (local || !known.has(double)) return []
    // OpenAI's double is the one that has no path of its own.
    return [[id, double === 'openai' ? emulator.url : emulator.baseUrl(double)] as const]
  })
  return { roots: Object.fromEntries(roots), close: () => emulator.close() }
}

/** For those who only ask what the emulator would serve. It is not started for that, so it has no address. */
export const unstartedEmulations = (): ReadonlyMap<string, Emulation> =>
  emulations(Object.fromEntries(PRESETS.filter(({ local }) => !local).map(({ id }) => [id, 'http://emulator.invalid'])))

/** Takes the place of every credential: in two parts, because some providers sign with a pair. */
const CREDENTIAL = 'emulated:emulated'

const SETTINGS: Readonly<Record<string, Emulation['settings']>> = { vertex: { project: 'emulated' } }

/** What the registry is told of the emulator. */
export const emulations = (roots: Readonly<Record<string, string>>): ReadonlyMap<string, Emulation> =>
  new Map(
    Object.entries(roots).map(([id, root]) => [id, { root, credential: CREDENTIAL, settings: SETTINGS[id] ?? {} }]),
  )
