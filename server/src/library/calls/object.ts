import { z } from 'zod'
import { TurnoutError } from '../../core/error.ts'
import type { TextResult } from '../../core/text.ts'
import { toJsonSchema } from '../input/schema.ts'
import type { TEXT_SCHEMAS } from '../input/text.ts'
import type { LibraryServices, Resolve } from '../services.ts'
import type { ObjectAnswer } from '../types.ts'
import { generateText, type Judge } from './text.ts'

export type GivenObject = z.output<typeof TEXT_SCHEMAS.open.object>

const USUAL_NAME = 'answer'

function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'it' : path.map(String).join('.')
}

/** The value of an answer. @throws TurnoutError content_policy, invalid_output */
async function objectOf<Schema extends z.core.$ZodType>(
  schema: Schema,
  { text, reason, upstreamRequestId }: Pick<TextResult, 'text' | 'reason' | 'upstreamRequestId'>,
  provider: string,
): Promise<z.core.output<Schema>> {
  const about = { provider, upstreamRequestId }
  const unfit = (problem: string, retryable?: boolean) =>
    new TurnoutError('invalid_output', `The answer of ${provider} ${problem}.`, { ...about, retryable })
  if (reason === 'content-filter') {
    throw new TurnoutError('content_policy', `${provider} withheld its answer for its content.`, about)
  }
  if (reason === 'length') throw unfit('was cut at the limit of its tokens: give it more by maxTokens', false)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw unfit('is not JSON')
  }
  const parsed = await z.safeParseAsync(schema, value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw unfit(`does not fit the schema: ${pathOf(issue?.path ?? [])}: ${issue?.message}`)
}

/** @throws TurnoutError */
export async function generateObject<Schema extends z.core.$ZodType>(
  services: LibraryServices,
  resolve: Resolve,
  { schema: _, schemaName = USUAL_NAME, schemaDescription, strict, ...call }: GivenObject,
  schema: Schema,
): Promise<ObjectAnswer<z.core.output<Schema>>> {
  const json = toJsonSchema(schema, 'schema')
  const output = {
    type: 'schema' as const,
    name: schemaName,
    description: schemaDescription,
    schema: { ...json },
    strict,
  }
  let made: { object: z.core.output<Schema> } | undefined
  const judge: Judge = async (result, provider) => {
    made = { object: await objectOf(schema, result, provider) }
  }
  const ask = (how: typeof call) => generateText(services, resolve, { ...how, output }, judge)
  let answer = await ask(call)
  if (answer.cached) {
    const { text, finishReason: reason, provider } = answer
    // It was asked for by a schema that is the same in JSON. What this one refuses besides is asked for anew.
    await judge({ text, reason }, provider).catch(async () => {
      answer = await ask({ ...call, cache: 'no-cache' })
    })
  }
  const { toolCalls: __, message: ___, ...told } = answer
  return { ...told, object: made!.object }
}
