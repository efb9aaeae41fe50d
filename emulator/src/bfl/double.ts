import type { Accepted, Knock, ProviderDouble, Route } from '../double.ts'
import { headerOf } from '../http/credentials.ts'
import { AT_ONCE } from '../media/answers.ts'
import { freshId } from '../random.ts'
import type { Handler } from '../types.ts'
import { bflError, refuse, statusError } from './errors.ts'
import { FIELDS } from './fields.ts'
import { readFlux3Image, readFlux3Video, readImage } from './request.ts'
import { poll, submit } from './tasks.ts'

function authenticate({ headers }: Knock, { credentials }: Accepted): void {
  const credential = headerOf(headers, 'x-key')
  if (!credential || (credentials && !credentials.has(credential))) throw bflError(403, 'Not authenticated')
}

const submission = (model: string, handler: Handler): Route => ({
  method: 'POST',
  path: `/v1/${model}`,
  operation: 'bfl.submit',
  accepts: ['application/json'],
  handler,
})

const FLUX3_IMAGES = ['flux-3-image', 'flux-3-image-klein'] as const

export const bfl: ProviderDouble = {
  id: 'bfl',
  mount: '/bfl',
  routes: [
    ...Object.keys(FIELDS).map((model) =>
      submission(
        model,
        submit((body) => readImage(model, body)),
      ),
    ),
    ...FLUX3_IMAGES.map((model) =>
      submission(
        model,
        submit((body) => readFlux3Image(model, body)),
      ),
    ),
    submission('flux-3-video', submit(readFlux3Video)),
    { method: 'GET', path: '/v1/get_result', operation: 'bfl.poll', accepts: [], handler: poll },
    {
      method: 'GET',
      path: '/v1/credits',
      operation: 'bfl.credits',
      accepts: [],
      handler: () => ({ ...AT_ONCE, body: () => ({ credits: 1234.5 }) }),
    },
  ],
  authenticate,
  refuse,
  statusError,
  errorEvent: (error = { detail: 'Internal Server Error' }) => ({ part: 'end', data: error }),
  headers: () => ({ 'x-request-id': freshId('', 32).toLowerCase() }),
  withoutUsage: (data) => {
    const { cost: _cost, input_mp: _input, output_mp: _output, ...rest } = data
    return rest
  },
  withoutFinish: (data) => data,
}
