import OpenAI from 'openai'
import { onTestFinished } from 'vitest'
import { type Emulator, type EmulatorOptions, startEmulator } from './server.ts'

/** An emulator that lives as long as the test, and an unmodified SDK client of it that never retries. */
export async function emulated(options: EmulatorOptions = {}): Promise<{ emulator: Emulator; client: OpenAI }> {
  const emulator = await startEmulator(options)
  onTestFinished(() => emulator.close())
  const client = new OpenAI({ apiKey: 'sk-test-credential-1234', baseURL: emulator.openaiBaseUrl, maxRetries: 0 })
  return { emulator, client }
}

/** A raw POST of a JSON body. */
export function post(emulator: Emulator, path: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  return fetch(`${emulator.openaiBaseUrl}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  })
}

export const user = (content: string) => ({ role: 'user' as const, content })

/** A chat request that a plain model answers. */
export const CHAT = { model: 'gpt-4.1', messages: [user('Why is the sky blue?')] }

/** Everything up to the end of an answer, and whether it ended cleanly. */
export async function drain(response: Response): Promise<{ bytes: Buffer; clean: boolean }> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of response.body ?? []) pieces.push(piece as Uint8Array)
    return { bytes: Buffer.concat(pieces), clean: true }
  } catch {
    return { bytes: Buffer.concat(pieces), clean: false }
  }
}
