import { createHash } from 'node:crypto'
import type { Validation } from '@turnout/contract'
import type { Candidate, Route } from '../../core/route.ts'
import type { CachePlan } from './rule.ts'

/** JSON whose fields stand in one order, whoever wrote it. What is undefined is not there. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const fields = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join()}}`
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** What of a deployment decides what it answers. */
function traits({ deployment, when }: Candidate) {
  const { id, upstreamId, provider, model } = deployment
  const { adapter, baseUrl, region, headers, flags, settings } = provider
  const { capabilities, defaults, flags: ofModel } = model
  const where = { provider: provider.id, adapter, baseUrl, region, headers, flags, settings }
  return { id, upstreamId, when, where, capabilities, defaults, flags: ofModel }
}

const fingerprints = new WeakMap<Route, string>()

/** Stands for a route and for all who may answer there; made once, as a route never changes. */
function fingerprint(route: Route): string {
  let known = fingerprints.get(route)
  if (known === undefined) {
    const { name, pool, role, productType, degrade, stream, validations, assignment, substitutedFor, candidates } =
      route
    const asked = { name, pool, role, productType, degrade, stream, validations, assignment, substitutedFor }
    known = digest(canonical({ ...asked, candidates: candidates.map(traits) }))
    fingerprints.set(route, known)
  }
  return known
}

/** Stands for the models that judge the answers; one that is gone for nothing. */
function judges(validations: readonly (Validation | undefined)[], routeOf: (name: string) => Route) {
  return validations.flatMap((validation) => {
    if (validation?.validator === undefined) return []
    try {
      return [fingerprint(routeOf(validation.validator.model))]
    } catch {
      return ['gone']
    }
  })
}

/** All that makes an answer the one to a request. */
export interface Asking {
  /** The dialect and what is asked for in it. */
  api: string
  route: Route
  productType: string | undefined
  keyId: string
  /** The request, without what says only how its answer is given. */
  body: object
  /** The rules that the request brings itself. */
  validate?: Validation | undefined
  /** Where a validator is found. @throws where it is gone */
  routeOf?(name: string): Route
}

/** What an answer is kept under. */
export function cacheKey(
  { api, route, productType, keyId, body, validate, routeOf }: Asking,
  { shared }: CachePlan,
): string {
  const judged = routeOf ? judges([...(route.validations ?? []), validate], routeOf) : []
  const whose = shared ? null : keyId
  return digest(canonical([api, fingerprint(route), productType ?? null, whose, judged, validate ?? null, body]))
}
