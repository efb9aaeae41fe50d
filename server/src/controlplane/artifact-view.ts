import type { Artifact } from '@turnout/contract'
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../access/types.ts'
import type { ArtifactService } from '../artifacts/types.ts'
import type { StoredArtifact } from '../core/artifact.ts'
import { TurnoutError } from '../core/error.ts'
import { principalOf } from './access.ts'
import { originOf } from './origin.ts'
import type { ControlPlaneServices } from './services.ts'

export type ArtifactServices = Pick<ControlPlaneServices, 'artifacts' | 'publicUrl'>

/** Who is not an admin sees what belongs to the own key. */
export const maySee = ({ role, keyId }: Principal, artifact: Pick<StoredArtifact, 'keyId'>): boolean =>
  role === 'admin' || artifact.keyId === keyId

/** An artifact as clients see it, with links that lead back the way the request came. */
export function viewOf(
  { hasThumbnail, deletedAt: _, ...artifact }: StoredArtifact,
  request: FastifyRequest,
  { artifacts, publicUrl }: ArtifactServices,
): Artifact {
  const options = { baseUrl: originOf(request, publicUrl) }
  return {
    ...artifact,
    url: artifacts.link(artifact.id, options),
    thumbnailUrl: hasThumbnail ? artifacts.thumbnailLink(artifact.id, options) : null,
  }
}

/**
 * The artifact that a request names, where its caller may see it. To others it
 * does not exist.
 *
 * @throws TurnoutError not_found
 */
export async function requireArtifact(
  artifacts: ArtifactService,
  request: FastifyRequest<{ Params: { id: string } }>,
  kind?: StoredArtifact['kind'],
): Promise<StoredArtifact> {
  const { id } = request.params
  const found = await artifacts.find(id)
  const right = found && !found.deletedAt && (kind === undefined || found.kind === kind)
  if (!right || !maySee(principalOf(request), found)) {
    const noun = kind === 'upload' ? 'file' : 'artifact'
    throw new TurnoutError('not_found', `There is no ${noun} with the id ${JSON.stringify(id)}.`)
  }
  return found
}
