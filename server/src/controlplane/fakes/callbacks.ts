import { TurnoutError } from '../../core/error.ts'
import type { ControlPlaneServices } from '../services.ts'

/** Of a server that has asked nobody to call back. */
export const fakeCallbacks = (): ControlPlaneServices['callbacks'] => ({
  requireOurs: () => {
    throw new TurnoutError('permission', 'The signature of the callback is wrong.')
  },
  receive: async () => {},
})
