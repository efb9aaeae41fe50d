import type { CreateJob, VideosRequest } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { type InputProblem, refuse } from '../../core/input.ts'
import { inputSchemaOf } from '../../core/inputs/plan.ts'
import type { Route } from '../../core/route.ts'
import { fromText } from '../../gateway/media/further.ts'
import type { FormPart } from '../../lib/multipart.ts'

type Json = Readonly<Record<string, unknown>>

/** Fields that are OpenAI's, or have a word of OpenAI's. */
const OWN = ['model', 'prompt', 'seconds', 'size', 'input_reference', 'user'] as const
/** A video of this dialect is one. */
const NEVER: ReadonlySet<string> = new Set(['num_videos', 'width', 'height'])

const REFERENCE_FIELD = /^input_reference\[(image_url|file_id)\]$/

/** The fields of a form as the JSON that they stand for. */
export function videoForm(parts: readonly FormPart[]): { values: Record<string, unknown>; file: FormPart | undefined } {
  const values: Record<string, unknown> = Object.create(null)
  let file: FormPart | undefined
  for (const part of parts) {
    const { name, filename, data } = part
    const [, key] = REFERENCE_FIELD.exec(name) ?? []
    if (filename !== undefined) {
      if (name !== 'input_reference' || file !== undefined) {
        const message = file ? 'must be one file' : 'must not be a file; only input_reference may be one'
        throw refuse([{ path: name, message }])
      }
      file = part
    } else if (key !== undefined)
      values.input_reference = { ...(values.input_reference as object), [key]: String(data) }
    else values[name] = data.toString('utf8')
  }
  if (file && values.input_reference !== undefined) {
    throw refuse([{ path: 'input_reference', message: 'must be a file or an address, not both' }])
  }
  return { values, file }
}

/** What the models that a request may go to know as inputs; undefined where none of them makes videos. */
function inputsOf({ candidates }: Route): Json | undefined {
  const models = candidates.map(({ deployment }) => deployment.model).filter(({ output }) => output.includes('video'))
  if (models.length === 0) return undefined
  return Object.assign({}, ...models.toReversed().map((model) => inputSchemaOf(model).properties))
}

/** The fields that belong to the model alone. @throws TurnoutError invalid_input with all that it does not know */
function furtherInputs(values: Json, route: Route, isForm: boolean): Record<string, unknown> {
  const known = inputsOf(route)
  const further: Record<string, unknown> = {}
  const problems: InputProblem[] = []
  for (const [name, value] of Object.entries(values)) {
    if ((OWN as readonly string[]).includes(name) || value === undefined || value === null) continue
    const schema = known?.[name] as Json | undefined
    if (known === undefined || (schema !== undefined && !NEVER.has(name))) {
      further[name] = isForm ? fromText(value, schema?.type) : value
      continue
    }
    const allowed = [...new Set([...OWN, ...Object.keys(known)])].filter((each) => !NEVER.has(each))
    problems.push({ path: name, message: `is not known to ${route.name}; allowed: ${allowed.join(', ')}` })
  }
  if (problems.length > 0) throw refuse(problems)
  return further
}

/** The picture that a request names itself. */
function referenceOf({ input_reference: reference }: VideosRequest): string | undefined {
  if (typeof reference !== 'object') return reference
  return reference?.image_url ?? reference?.file_id
}

/**
 * A request of OpenAI's dialect as one for a job.
 *
 * @param file The id under which the file of a form is kept.
 * @throws TurnoutError invalid_input
 */
export function jobRequest(
  body: VideosRequest,
  values: Json,
  route: Route,
  about: { isForm: boolean; file: string | undefined; productType: string | undefined },
): CreateJob {
  const { model, prompt, seconds, size, user } = body
  const picture = about.file ?? referenceOf(body)
  const [width, height] = size ? size.split('x').map(Number) : []
  return {
    model,
    inputs: {
      ...furtherInputs(values, route, about.isForm),
      ...(prompt !== undefined && { prompt }),
      ...(picture !== undefined && { image_url: picture }),
    },
    options: {
      ...(seconds !== undefined && seconds !== null && { seconds: Number(seconds) }),
      ...(size && { width, height }),
    },
    metadata: {},
    priority: 0,
    ...(about.productType !== undefined && { productType: about.productType }),
    ...(user && { userId: user }),
  }
}

const WORDS: Readonly<Record<string, string>> = {
  'inputs.image_url': 'input_reference',
  'options.width': 'size',
  'options.height': 'size',
  userId: 'user',
}

/** What is said of a job's request, in the words of this dialect. */
export const inOurWords = (text: string): string =>
  text.replace(/\b(?:inputs|options)\.([a-zA-Z_]+)|\buserId\b/g, (path, name?: string) => WORDS[path] ?? name ?? path)

const isProblem = (value: unknown): value is InputProblem =>
  typeof value === 'object' && value !== null && 'path' in value && 'message' in value

/** A refusal of a job's request, with the names that its fields have in this dialect. */
export function refusalOf(thrown: unknown): TurnoutError {
  const error = TurnoutError.from(thrown)
  const { message, param, details } = error
  const problems = Array.isArray(details) && details.every(isProblem) ? details : undefined
  return new TurnoutError(error.code, inOurWords(message), {
    ...error,
    cause: error.cause,
    ...(param !== undefined && { param: inOurWords(param) }),
    ...(problems && {
      details: problems.map(({ path, message: each }) => ({ path: inOurWords(path), message: inOurWords(each) })),
    }),
  })
}
