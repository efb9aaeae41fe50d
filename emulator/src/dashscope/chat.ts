import type { Route } from '../double.ts'
import { compatibleRoutes } from '../openai/compatible.ts'
import { inDialect } from '../openai/dialect.ts'
import { Problem } from '../refusal.ts'
import { checkShape, type Shapes } from '../shape.ts'
import type { JsonObject } from '../types.ts'
import { wordsOf } from '../violation.ts'
import { compatibleError, reword } from './errors.ts'
import { CHAT } from './models.ts'

/** What the compatible mode takes beyond OpenAI. */
const OWN: Shapes = {
  enable_thinking: { is: 'boolean' },
  thinking_budget: { is: 'integer', min: 0 },
  enable_search: { is: 'boolean' },
  search_options: { is: 'object' },
  top_k: { is: 'integer', min: 0 },
  repetition_penalty: { is: 'number', min: 0 },
  vl_high_resolution_images: { is: 'boolean' },
}

function prepare(body: JsonObject): JsonObject {
  const own = Object.fromEntries(Object.entries(body).filter(([key]) => Object.hasOwn(OWN, key)))
  try {
    checkShape(OWN, own)
  } catch (error) {
    if (!(error instanceof Problem) || error.fact.kind !== 'violation') throw error
    const message = `<400> InternalError.Algo.InvalidParameter: ${wordsOf(error.fact)}`
    throw compatibleError(400, { message, type: 'invalid_request_error', code: 'invalid_parameter_error' })
  }
  return Object.fromEntries(Object.entries(body).filter(([key]) => !Object.hasOwn(OWN, key)))
}

export const CHAT_ROUTES: readonly Route[] = inDialect(compatibleRoutes('dashscope', '/compatible-mode/v1', CHAT), {
  reword,
  prepare,
  errorEvent: (
    error = { message: 'Internal server error!', type: 'internal_error', param: null, code: 'internal_error' },
  ) => ({
    part: 'end',
    data: { error },
  }),
})
