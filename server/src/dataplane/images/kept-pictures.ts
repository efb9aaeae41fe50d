import type { Job, JobOutput } from '@turnout/contract'
import type { ArtifactService } from '../../artifacts/types.ts'
import { TurnoutError } from '../../core/error.ts'
import { encodePictures } from '../../core/image/answer.ts'

const base64Length = (bytes: number): number => Math.ceil(bytes / 3) * 4

/** Writes the bytes of a picture as base64 while they come out of storage. @throws TurnoutError where they are gone */
async function writeBase64(kept: ArtifactService, { artifactId, bytes }: JobOutput, to: Buffer): Promise<void> {
  const stored = await kept.open(await kept.describe(artifactId, 'content'), 'content')
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
    throw new TurnoutError('internal', `The artifact ${artifactId} is not as long as it was when it was kept.`)
  }
}

/** Marks where bytes belong. Inside of a text the quotes of a field are escaped, so no text can look like one. */
const PLACE = '\u0001'
const ESCAPED = JSON.stringify(PLACE)

/**
 * The answer to a request for pictures of OpenAI's dialect, with links or with
 * the bytes as base64. Of those no copy is held but the answer itself.
 *
 * @throws TurnoutError
 */
export async function encodeKept(kept: ArtifactService, job: Job, asLinks: boolean): Promise<Buffer> {
  const images = job.outputs.map(({ url, revisedPrompt, seed }) => ({
    ...(asLinks ? { url } : { base64: PLACE }),
    ...(revisedPrompt !== null && { revisedPrompt }),
    ...(seed !== null && { seed }),
  }))
  const text = encodePictures({ images, usage: job.usage, warnings: job.warnings, mapped: job.mapped })
  if (asLinks) return Buffer.from(text)
  const pieces = text.split(`"b64_json":${ESCAPED}`)
  const size = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
  const around = '"b64_json":""'.length
  const body = Buffer.allocUnsafe(size + job.outputs.reduce((sum, { bytes }) => sum + around + base64Length(bytes), 0))
  let at = 0
  for (const [index, piece] of pieces.entries()) {
    at += body.write(piece, at)
    const output = job.outputs[index]
    if (output === undefined) continue
    at += body.write('"b64_json":"', at)
    const length = base64Length(output.bytes)
    await writeBase64(kept, output, body.subarray(at, at + length))
    at += length
    at += body.write('"', at)
  }
  return body
}
