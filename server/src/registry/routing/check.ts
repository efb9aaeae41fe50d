import type { Capabilities } from '@turnout/contract'
import type { Problem } from '../types.ts'
import { checkExperiment } from './experiments.ts'
import { flatten, type MemberProblem, poolOf } from './members.ts'
import type { RoutingRecords } from './types.ts'
import { checkValidation } from './validators.ts'

/** What is known of models by any of their names. */
interface Names {
  knows(name: string): boolean
  capabilities(name: string): Capabilities | undefined
}

/** What a member of a pool may be although nothing is known of it yet: a model of an engine that may start later. */
const mayAppear = (name: string, localProviders: ReadonlySet<string>): boolean =>
  localProviders.has(name.split('/', 1)[0]!) && name.includes('/')

/**
 * Everything that is wrong with pools and roles as they stand together:
 * members and pools that do not exist, pools that lead back to themselves,
 * members that cannot do what a role needs, rules for answers that cannot be
 * used, variants that lead nowhere.
 */
export function checkRouting(
  { pools, roles }: RoutingRecords,
  { knows, capabilities }: Names,
  localProviders: ReadonlySet<string>,
): Problem[] {
  const problems: Problem[] = []
  const knowsModel = (name: string) => knows(name) || mayAppear(name, localProviders)
  const targets = { pools, roles, knowsModel }
  for (const [name, { layer, record, where }] of pools) {
    const found: MemberProblem[] = []
    flatten(name, pools, found)
    for (const [index, { model }] of record.members.entries()) {
      if (poolOf(model) !== undefined || knowsModel(model)) continue
      found.push({ path: ['members', index], message: `names a model that does not exist: ${JSON.stringify(model)}` })
    }
    found.push(...checkValidation(record.validate, targets))
    found.push(...checkExperiment(record, targets))
    for (const { path, message } of found) problems.push({ layer, where: where(path), message })
  }
  for (const { layer, record, where } of roles.values()) {
    for (const { path, message } of checkValidation(record.validate, targets)) {
      problems.push({ layer, where: where(path), message })
    }
    const used = [['pool'], ...Object.keys(record.products).map((product) => ['products', product])]
    for (const path of used) {
      const pool = path.length === 1 ? record.pool : record.products[path[1]!]!
      const report = (message: string) => problems.push({ layer, where: where(path), message })
      if (!pools.has(pool)) {
        report(`names a pool that does not exist: ${pool}; there are ${[...pools.keys()].join(', ') || 'none'}`)
        continue
      }
      for (const { model } of flatten(pool, pools)) {
        const lacking = record.needs.filter((capability) => capabilities(model)?.[capability] === false)
        if (lacking.length > 0) report(`leads to ${model}, which lacks what the role needs: ${lacking.join(', ')}`)
      }
    }
  }
  return problems
}
