import { AT_ONCE } from '../media/answers.ts'
import type { Answer, Call, World } from '../types.ts'
import { hubError } from './errors.ts'
import { mappingOf } from './models.ts'

/** `GET https://huggingface.co/api/models/{id}?expand[]=inferenceProviderMapping`, which needs no credential. */
export function describeModel({ params, query }: Call, world: World): Answer {
  const { id = '' } = params
  const mapping = mappingOf(id) ?? (world.moreModels.includes(id) ? {} : undefined)
  if (!mapping) throw hubError(404, 'Repository not found')
  const expands = query.getAll('expand[]').concat(query.getAll('expand'))
  const expanded = expands.includes('inferenceProviderMapping') ? { inferenceProviderMapping: mapping } : {}
  return { ...AT_ONCE, body: () => ({ _id: '6543210fedcba98765432100', id, ...expanded }) }
}
