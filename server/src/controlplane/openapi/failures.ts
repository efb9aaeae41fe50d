import { ERROR_CODES, type ErrorCode, Failure } from '@turnout/contract'
import type { z } from 'zod'
import { ERRORS } from '../../core/error.ts'
import type { RouteRole } from '../access.ts'
import { OpenAIFailure } from './openai-schemas.ts'

/** What a route is, as far as it bears on how it can fail. */
export interface RouteTraits {
  url: string
  role: RouteRole
  takesInput: boolean
  takesParams: boolean
}

/** The errors that a route can answer. One that calls a provider can answer all of them. */
function codesOf({ url, role, takesInput, takesParams }: RouteTraits): readonly ErrorCode[] {
  if (role === 'user') return ERROR_CODES
  const codes: ErrorCode[] = ['internal']
  if (takesInput) codes.push('invalid_input')
  if (takesParams) codes.push('not_found')
  if (/\/models\/[:*]/.test(url)) codes.push('model_not_found')
  if (role !== 'public') codes.push('authentication', 'permission', 'overloaded')
  return codes
}

interface DescribedResponse {
  description: string
  content: { 'application/json': { schema: z.ZodType } }
}

/** Every failure of a route as responses, by HTTP status. */
export function failuresOf(route: RouteTraits): Record<string, DescribedResponse> {
  const schema = route.url.startsWith('/v1/') ? OpenAIFailure : Failure
  const byStatus = new Map<number, string[]>()
  for (const code of codesOf(route)) {
    const { status, meaning } = ERRORS[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${code}\`: ${meaning}`])
  }
  return Object.fromEntries(
    [...byStatus].map(([status, lines]) => [
      String(status),
      { description: lines.join('\n\n'), content: { 'application/json': { schema } } },
    ]),
  )
}
