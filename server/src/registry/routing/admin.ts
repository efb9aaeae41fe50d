import type {
  Layer,
  Pool,
  PoolConfiguration,
  PoolRevision,
  RoleConfiguration,
  RoleRecord,
  RoleRevision,
  RoutingKind,
} from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { refuse } from '../../core/input.ts'
import type { Problem, Snapshot } from '../types.ts'
import { checkRouting } from './check.ts'
import type { RoutingRecord, RoutingSource, StoredRevision } from './database.ts'
import { mergeRouting, type RoutingLayer } from './types.ts'

/** How pools and roles are read and changed while the server runs. */
export interface RoutingAdmin {
  pools(): Pool[]
  roles(): RoleRecord[]
  /** Creates or replaces the database's record. @throws TurnoutError invalid_input, for the whole as it would be */
  put(kind: RoutingKind, name: string, record: RoutingRecord, author: string): Promise<void>
  /** Deletes the database's record, which reveals that of a weaker layer. @throws TurnoutError not_found, invalid_input */
  delete(kind: RoutingKind, name: string, author: string): Promise<void>
  /** The latest first. @throws TurnoutError not_found */
  revisions(kind: RoutingKind, name: string): Promise<(PoolRevision | RoleRevision)[]>
  /** Makes an earlier record hold again, by a new revision. @throws TurnoutError not_found, invalid_input */
  rollback(kind: RoutingKind, name: string, revision: number, author: string): Promise<void>
}

export interface RoutingState {
  snapshot(): Snapshot
  /** The layers below the database, from the weakest. */
  layers(): RoutingLayer[]
  /** Undefined where there is no database. */
  source: RoutingSource | undefined
  /** What was written holds from here on. */
  rebuild(): void
}

const sectionOf = (kind: RoutingKind) => (kind === 'pool' ? 'pools' : 'roles')

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The difference of two records, field by field. */
function changesOf(before: RoutingRecord | null, after: RoutingRecord | null) {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  const read = (record: RoutingRecord | null, field: string): unknown =>
    record === null ? null : ((record as Record<string, unknown>)[field] ?? null)
  return [...fields]
    .map((field) => ({ field, before: read(before, field), after: read(after, field) }))
    .filter((change) => !same(change.before, change.after))
}

const revisionOf = (stored: StoredRevision, before: StoredRevision | undefined) => ({
  revision: stored.revision,
  author: stored.author,
  createdAt: stored.createdAt.toISOString(),
  changes: changesOf(before?.record ?? null, stored.record),
  record: stored.record,
})

export function createRoutingAdmin(state: RoutingState): RoutingAdmin {
  const source = (): RoutingSource => {
    if (state.source) return state.source
    throw new TurnoutError('overloaded', 'Pools and roles can only be changed where there is a database.', {
      retryable: false,
    })
  }
  const notHere = (kind: RoutingKind, name: string) =>
    new TurnoutError('not_found', `The database has no ${kind} ${JSON.stringify(name)}.`, { param: 'name' })

  /** The layers that speak of a name, from the weakest. */
  const layersOf = (kind: RoutingKind, name: string): Layer[] => {
    const all = [...state.layers(), ...(state.source ? [state.source.layer] : [])]
    return [...new Set(all.filter((layer) => Object.hasOwn(layer[sectionOf(kind)], name)).map(({ layer }) => layer))]
  }
  const placed = (kind: RoutingKind, name: string) => {
    const layers = layersOf(kind, name)
    return {
      name,
      layer: layers.at(-1)!,
      overrides: layers.slice(0, -1),
      revision: state.source?.revisionOf(kind, name) ?? null,
    }
  }

  /** What is wrong with everything together, if the database had this record, or none. */
  const problemsWith = (kind: RoutingKind, name: string, record: RoutingRecord | null): Problem[] => {
    const { pools, roles, ...layer } = source().layer
    const sections = { pools: { ...pools }, roles: { ...roles } }
    if (record === null) delete sections[sectionOf(kind)][name]
    else if (kind === 'pool') sections.pools[name] = record as PoolConfiguration
    else sections.roles[name] = record as RoleConfiguration
    const snapshot = state.snapshot()
    const names = {
      knows: (model: string) => snapshot.find(model) !== undefined,
      capabilities: (model: string) => snapshot.find(model)?.capabilities,
    }
    return checkRouting(mergeRouting([...state.layers(), { ...layer, ...sections }]), names, snapshot.localProviders)
  }

  /** Refuses a change that would break what holds; what is broken already stays as it is. */
  const write = async (kind: RoutingKind, name: string, record: RoutingRecord | null, author: string) => {
    const before = new Set(state.snapshot().problems.map(({ where, message }) => `${where} ${message}`))
    const own = `${sectionOf(kind)}.${name}.`
    const found = problemsWith(kind, name, record).filter(
      ({ where, message }) => where.startsWith(own) || !before.has(`${where} ${message}`),
    )
    if (found.length > 0) {
      throw refuse(found.map(({ where, message }) => ({ path: where.replace(own, ''), message })))
    }
    await source().write(kind, name, record, author)
    state.rebuild()
  }

  return {
    pools: () =>
      [...state.snapshot().pools].map(([name, { record }]) => ({ ...record, ...placed('pool', name) }) as Pool),
    roles: () => [...state.snapshot().roles].map(([name, { record }]) => ({ ...record, ...placed('role', name) })),
    put: write,
    async delete(kind, name, author) {
      if (source().revisionOf(kind, name) === undefined) throw notHere(kind, name)
      await write(kind, name, null, author)
    },
    async revisions(kind, name) {
      const stored = await source().revisions(kind, name)
      if (stored.length === 0) throw notHere(kind, name)
      return stored.map((each, index) => revisionOf(each, stored[index + 1])) as (PoolRevision | RoleRevision)[]
    },
    async rollback(kind, name, revision, author) {
      const earlier = (await source().revisions(kind, name)).find((each) => each.revision === revision)
      if (!earlier) {
        throw new TurnoutError('not_found', `There is no revision ${revision} of ${kind} ${JSON.stringify(name)}.`, {
          param: 'revision',
        })
      }
      await write(kind, name, earlier.record, author)
    },
  }
}
