import { buffer } from 'node:stream/consumers'
import type { ArtifactService } from '../../artifacts/types.ts'
import type { StoredArtifact } from '../../core/artifact.ts'
import type { ResolvedComposition } from '../../core/template/resolve.ts'
import type { Owner } from '../inputs/resolve.ts'
import type { InputServices } from '../inputs.ts'
import { composePicture } from './compose/index.ts'
import { layerPictures } from './pictures.ts'

/** Draws a composition over a picture that is kept, with what its owner may read. @throws TurnoutError */
export const drawOver =
  (artifacts: Pick<ArtifactService, 'describe' | 'open'>, inputs: InputServices) =>
  async (original: StoredArtifact, composition: ResolvedComposition, owner: Owner, signal: AbortSignal) => {
    const opened = await artifacts.describe(original.id, 'content')
    const ground = await buffer((await artifacts.open(opened, 'content')).bytes)
    return composePicture(ground, composition, layerPictures(owner, inputs), signal)
  }
