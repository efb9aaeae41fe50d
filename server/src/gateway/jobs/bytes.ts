import { TurnoutError } from '../../core/error.ts'

/** @throws TurnoutError invalid_output for more bytes than that */
export async function* bounded(bytes: AsyncIterable<Uint8Array>, most: number, provider: string) {
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size > most) {
      throw new TurnoutError('invalid_output', `The output is larger than ${most} bytes.`, {
        provider,
        retryable: false,
      })
    }
    yield chunk
  }
}

/** The bytes of a data URL; undefined for any other one. */
export function inlineBytes(url: string | undefined): Uint8Array | undefined {
  const data = url === undefined ? undefined : /^data:[^,]*;base64,/i.exec(url.slice(0, 256))
  return data ? Buffer.from(url!.slice(data[0].length), 'base64') : undefined
}
