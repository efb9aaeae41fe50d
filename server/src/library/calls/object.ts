import { z } from 'zod'
import type { Deployment } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import type { WholeAnswer } from '../../gateway/text/whole.ts'
import { toJsonSchema } from '../input/schema.ts'
import type { TEXT_SCHEMAS } from '../input/text.ts'
import type { LibraryServices, Resolve } from '../services.ts'
import type { ObjectAnswer } from '../types.ts'
import { generateText } from './text.ts'

export type GivenObject = z.output<typeof TEXT_SCHEMAS.open.object>

const USUAL_NAME = 'answer'

function pathOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'it' : path.map(String).join('.')
}

/** The value of an answer. @throws TurnoutError content_policy, invalid_output */
async function objectOf<Schema extends z.core.$ZodType>(
  schema: Schema,
  { result }: WholeAnswer,
  { provider }: Deployment,
): Promise<z.core.output<Schema>> {
  const { text, reason, upstreamRequestId } = result
  const about = { provider: provider.id, upstreamRequestId }
  const unfit = (problem: string, retryable?: boolean) =>
    new TurnoutError('invalid_output', `The answer of ${provider.id} ${problem}.`, { ...about, retryable })
  if (reason === 'content-filter') {
    throw new TurnoutError('content_policy', `${provider.id} withheld its answer for its content.`, about)
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
  const { answer, judged } = await generateText(services, resolve, { ...call, output }, (whole, deployment) =>
    objectOf(schema, whole, deployment),
  )
  const { toolCalls: __, message: ___, ...told } = answer
  return { ...told, object: judged as z.core.output<Schema> }
}
