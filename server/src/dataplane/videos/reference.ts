import { createHash } from 'node:crypto'
import type { Principal } from '../../access/types.ts'
import type { ArtifactService } from '../../artifacts/types.ts'
import { TurnoutError } from '../../core/error.ts'
import { pictureOf } from '../../gateway/inputs.ts'
import { newId } from '../../lib/ids.ts'
import type { FormPart } from '../../lib/multipart.ts'

/**
 * Under which id the file of a request is kept: the same for a repetition of
 * the request, so that it is the same request.
 *
 * @throws TurnoutError invalid_input for what is no picture
 */
export function fileIdOf({ data }: FormPart, { keyId }: Principal, idempotencyKey: string | undefined): string {
  pictureOf(data, 'input_reference')
  if (idempotencyKey === undefined) return newId('file')
  const hash = createHash('sha256').update(`${keyId}\n${idempotencyKey}\n`).update(data)
  return `file_${hash.digest('hex').slice(0, 32)}`
}

/** Keeps the file as an upload of the key, until the job comes to it. @throws TurnoutError */
export async function keepFile(
  kept: ArtifactService,
  { data, filename }: FormPart,
  id: string,
  { keyId, owner }: Principal,
): Promise<void> {
  if (data.length > (await kept.room(keyId))) {
    throw new TurnoutError(
      'invalid_input',
      'input_reference is more than the uploads of this key have room for; delete files that are no longer needed.',
      { param: 'input_reference', status: 413 },
    )
  }
  const about = { id, kind: 'upload', keyId, user: owner, filename: filename?.slice(-200) ?? null } as const
  await kept.keep(data, { ...about, expected: 'image' })
}
