import type { ArtifactService } from '../../artifacts/types.ts'
import type { StoredArtifact } from '../../core/artifact.ts'
import { TurnoutError } from '../../core/error.ts'

/** How many characters so many bytes become. */
export const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4

/** Writes the bytes of a picture as base64 while they come out of storage. @throws TurnoutError where they are gone */
export async function writeBase64(kept: ArtifactService, picture: StoredArtifact, to: Buffer): Promise<void> {
  const { id, bytes } = picture
  const stored = await kept.open({ artifact: picture, size: bytes }, 'content')
  let rest: Buffer = Buffer.alloc(0)
  let at = 0
  for await (const chunk of stored.bytes as AsyncIterable<Buffer>) {
    const all = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    const whole = all.length - (all.length % 3)
    // Three bytes become four characters: those that are left over wait for more.
    at += to.write(all.toString('base64', 0, whole), at, 'latin1')
    rest = all.subarray(whole)
  }
  at += to.write(rest.toString('base64'), at, 'latin1')
  if (at !== base64Length(bytes)) {
    throw new TurnoutError('internal', `The artifact ${id} is not as long as it was when it was kept.`)
  }
}

/** All of a picture as base64. @throws TurnoutError where it is gone */
export async function base64OfKept(kept: ArtifactService, picture: StoredArtifact): Promise<string> {
  const buffer = Buffer.allocUnsafe(base64Length(picture.bytes))
  await writeBase64(kept, picture, buffer)
  return buffer.toString('latin1')
}
