import { expect, test } from 'vitest'
import type { Deployment } from '../core/deployment.ts'
import { TurnoutError } from '../core/error.ts'
import { toldToClient } from './told.ts'

const CREDENTIAL = 'secret-credential-4711'
const deployment = { provider: { credential: CREDENTIAL, headers: {} } } as unknown as Deployment

test('no word of a provider brings its credential to clients', () => {
  const error = new TurnoutError('invalid_input', `house: ${CREDENTIAL} is wrong`, {
    param: `headers.${CREDENTIAL}`,
    upstreamCode: CREDENTIAL,
    upstreamRequestId: `req-${CREDENTIAL}`,
  })
  const told = toldToClient(error, { deployment, paidOnAcceptance: false, committed: false })
  const { message, param, upstreamCode, upstreamRequestId } = told
  expect({ message, param, upstreamCode, upstreamRequestId }).toEqual({
    message: 'house: [redacted] is wrong',
    param: 'headers.[redacted]',
    upstreamCode: '[redacted]',
    upstreamRequestId: 'req-[redacted]',
  })
})
