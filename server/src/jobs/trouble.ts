import type { TurnoutError } from '../core/error.ts'
import { isBarred, isTrouble as isTroubleOnTheWay } from '../core/trouble.ts'

/** Whether it is worth asking for a job's work again: a job has time to wait for a credential that works again. */
export const isTrouble = (error: TurnoutError): boolean =>
  isTroubleOnTheWay(error) || (error.providerCost === undefined && (isBarred(error) || error.code === 'internal'))
