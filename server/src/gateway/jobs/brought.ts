import { createHash } from 'node:crypto'
import type { Principal } from '../../access/types.ts'
import type { ArtifactService } from '../../artifacts/types.ts'
import { TurnoutError } from '../../core/error.ts'
import type { ImageRequest } from '../../core/image/request.ts'
import type { Picture } from '../../core/text.ts'
import { newId } from '../../lib/ids.ts'

/** What a job that has failed brought stays for so long, so that it may be tried again. */
const KEPT_DAYS = 1

/** A picture that came with a request, and the id that it is to have here. */
export interface Brought {
  id: string
  bytes: Uint8Array
}

/** A request that names all of its pictures, and those that have still to be kept. */
export interface Named {
  request: ImageRequest
  brought: readonly Brought[]
}

/**
 * Gives the pictures that came with a request ids to be kept under: the same
 * for a repetition of the request, so that it is the same request.
 */
export function nameBrought(request: ImageRequest, { keyId }: Principal, idempotencyKey: string | undefined): Named {
  const brought: Brought[] = []
  const named = (picture: Picture): Picture => {
    if ('url' in picture) return picture
    const bytes = Buffer.from(picture.base64, 'base64')
    const id = idempotencyKey === undefined ? newId('file') : repeatable(`${keyId}\n${idempotencyKey}\n`, bytes)
    brought.push({ id, bytes })
    return { url: id }
  }
  const { pictures, mask } = request
  return {
    request: { ...request, ...(pictures && { pictures: pictures.map(named) }), ...(mask && { mask: named(mask) }) },
    brought,
  }
}

/** The id of a file: the same for the same name and bytes. */
export const repeatable = (name: string, bytes: Uint8Array): string =>
  `file_${createHash('sha256').update(name).update(bytes).digest('hex').slice(0, 32)}`

/** Where they are kept. */
export type BroughtKeeper = Pick<ArtifactService, 'find' | 'keep' | 'room'>

/**
 * Keeps them as uploads of the key, until the job comes to them.
 *
 * @param kind What they must be.
 * @param param Where the request has them.
 * @throws TurnoutError
 */
export async function keepBrought(
  kept: BroughtKeeper,
  brought: readonly Brought[],
  { keyId, owner }: Principal,
  { kind = 'image', param = 'image' }: { kind?: 'image' | 'video'; param?: string } = {},
): Promise<void> {
  if (brought.length === 0) return
  const size = brought.reduce((sum, { bytes }) => sum + bytes.length, 0)
  if (size > (await kept.room(keyId))) {
    throw new TurnoutError(
      'invalid_input',
      `The ${kind === 'image' ? 'pictures' : 'videos'} are more than the uploads of this key have room for; delete files that are no longer needed.`,
      { param, status: 413 },
    )
  }
  const about = {
    kind: 'upload',
    keyId,
    user: owner,
    filename: null,
    expected: kind,
    daysAtMost: KEPT_DAYS,
  } as const
  await Promise.all(brought.map(({ id, bytes }) => kept.keep(bytes, { ...about, id })))
}
