import type { z } from 'zod'
import { validate } from '../../core/input.ts'
import type { Exchange } from '../exchange.ts'

/** What a request asks for behind its path. @throws TurnoutError invalid_input */
export function queryOf<Schema extends z.ZodType>({ request }: Exchange, schema: Schema): z.output<Schema> {
  const { searchParams } = new URL(request.url!, 'http://localhost')
  const checked = validate(schema, Object.fromEntries(searchParams), 'query')
  if (checked.error) throw checked.error
  return checked.value
}
