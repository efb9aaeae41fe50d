import { type Emulator, type EmulatorOptions, startEmulator } from '@turnout/emulator'
import { type AttemptRecord, createTurnout, type Turnout, type TurnoutOptions } from 'turnout'

/** A Turnout whose providers are an emulator, and what it has told of its attempts. */
export interface LibraryWorld {
  turnout: Turnout
  emulator: Emulator
  records: AttemptRecord[]
  close(): Promise<void>
}

/** Retries that tests need not wait for. */
export const FAST = { retry: { backoffBase: 0.01, backoffFactor: 1 } }

/** As if all of these providers were configured by the environment. */
export const environmentOf = (emulator: Emulator): Record<string, string> => ({
  OPENAI_API_KEY: 'sk-openai-secret',
  OPENAI_BASE_URL: emulator.openaiBaseUrl,
  ANTHROPIC_API_KEY: 'sk-ant-secret',
  ANTHROPIC_BASE_URL: emulator.baseUrl('anthropic'),
  GEMINI_API_KEY: 'gemini-secret',
  GOOGLE_GEMINI_BASE_URL: emulator.baseUrl('google'),
})

export async function startLibrary(
  options: Omit<TurnoutOptions, 'onAttempt'> = {},
  emulation: EmulatorOptions = {},
): Promise<LibraryWorld> {
  const emulator = await startEmulator(emulation)
  const records: AttemptRecord[] = []
  const turnout = await createTurnout({
    configuration: FAST,
    ...options,
    env: { ...environmentOf(emulator), ...options.env },
    onAttempt: (record) => records.push(record),
  })
  return {
    turnout,
    emulator,
    records,
    async close() {
      await turnout.close()
      await emulator.close()
    },
  }
}

/** Everything that an iterable brings. */
export const all = <T>(parts: AsyncIterable<T>): Promise<T[]> => Array.fromAsync(parts)

/** A red square of one pixel. */
export const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==',
  'base64',
)
