import type { Model } from '@turnout/contract'
import { TurnoutError } from '../core/error.ts'
import { nearestNames } from '../lib/nearest.ts'

const SHOWN_LENGTH = 100

/** No model has the name. */
export function notFound(name: string, available: Iterable<string>): TurnoutError {
  const shown = name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH)}...` : name
  const nearest = nearestNames(name, available)
  const hint =
    nearest.length > 0 ? `The nearest ones are ${nearest.join(', ')}.` : 'GET /v1/models lists those that can be used.'
  return new TurnoutError('model_not_found', `There is no model ${JSON.stringify(shown)}. ${hint}`, {
    param: 'model',
    details: { nearest },
  })
}

/** @param replacement Id of the model to use instead, if there is one. */
export function retired({ id, provider, lifecycle }: Model, replacement: string | undefined): TurnoutError {
  const day = lifecycle.retiresAt === undefined ? '' : ` on ${lifecycle.retiresAt}`
  const hint = replacement === undefined ? 'It has no replacement.' : `Use ${replacement} instead.`
  return new TurnoutError('model_retired', `Model ${id} was retired by ${provider}${day}. ${hint}`, {
    param: 'model',
    details: { replacement: replacement ?? null, retiredAt: lifecycle.retiresAt ?? null },
  })
}

export const notEnabled = ({ id, unavailable }: Model): TurnoutError =>
  new TurnoutError('model_not_enabled', `Model ${id} cannot be used. ${unavailable}`, { param: 'model' })
