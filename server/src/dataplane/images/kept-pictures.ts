import type { ArtifactService } from '../../artifacts/types.ts'
import { encodePictures } from '../../core/image/answer.ts'
import type { WaitedAnswer } from '../../gateway/jobs/waited.ts'
import { base64Length, writeBase64 } from '../../gateway/media/kept-base64.ts'

/** Marks where bytes belong. Inside of a text the quotes of a field are escaped, so no text can look like one. */
const PLACE = '\u0001'
const ESCAPED = JSON.stringify(PLACE)

/**
 * The answer to a request for pictures of OpenAI's dialect, with links or with
 * the bytes as base64. Of those no copy is held but the answer itself.
 *
 * @throws TurnoutError
 */
export async function encodeKept(
  kept: ArtifactService,
  { job, pictures, drawn }: WaitedAnswer,
  asLinks: boolean,
): Promise<Buffer> {
  const images = job.outputs.map(({ url, revisedPrompt, seed }) => ({
    ...(asLinks ? { url } : { base64: PLACE }),
    ...(revisedPrompt !== null && { revisedPrompt }),
    ...(seed !== null && { seed }),
  }))
  const text = encodePictures({ images, drawn, usage: job.usage, warnings: job.warnings, mapped: job.mapped })
  if (asLinks) return Buffer.from(text)
  const pieces = text.split(`"b64_json":${ESCAPED}`)
  const size = pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0)
  const around = '"b64_json":""'.length
  const body = Buffer.allocUnsafe(size + pictures.reduce((sum, { bytes }) => sum + around + base64Length(bytes), 0))
  let at = 0
  for (const [index, piece] of pieces.entries()) {
    at += body.write(piece, at)
    const picture = pictures[index]
    if (picture === undefined) continue
    at += body.write('"b64_json":"', at)
    const length = base64Length(picture.bytes)
    await writeBase64(kept, picture, body.subarray(at, at + length))
    at += length
    at += body.write('"', at)
  }
  return body
}
