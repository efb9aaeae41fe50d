import type { RoutingKind } from '@turnout/contract'
import type { Route } from '../../route.ts'
import { deleteRouting } from './delete.ts'
import { listRouting } from './list.ts'
import { putRouting } from './put.ts'
import { readRouting } from './read.ts'
import { listRevisions } from './revisions.ts'
import { rollbackRouting } from './rollback.ts'

const OPERATIONS = [listRouting, readRouting, putRouting, deleteRouting, listRevisions, rollbackRouting]
const KINDS: readonly RoutingKind[] = ['pool', 'role']

/** The routes by which pools and roles are administered. */
export const ROUTING_ROUTES: readonly Route[] = KINDS.flatMap((kind) => OPERATIONS.map((operation) => operation(kind)))
