import { ROLES, type Role } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import type { Principal } from './types.ts'

/** Whether the principal may do what the role may: each role includes the ones below it. */
export function hasRole(principal: Principal, role: Role): boolean {
  return ROLES.indexOf(principal.role) >= ROLES.indexOf(role)
}

/** @throws TurnoutError permission */
export function requireRole(principal: Principal, role: Role): void {
  if (hasRole(principal, role)) return
  throw new TurnoutError('permission', `This needs the role "${role}"; the virtual key has "${principal.role}".`)
}
