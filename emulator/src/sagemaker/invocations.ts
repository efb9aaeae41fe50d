import { randomUUID } from 'node:crypto'
import { awsError } from '../aws/errors.ts'
import { parseForm } from '../http/body.ts'
import { headerOf } from '../http/credentials.ts'
import { EVENT_STREAM } from '../http/event-stream.ts'
import { SSE } from '../http/framing.ts'
import { isObject } from '../json.ts'
import { Refusal } from '../refusal.ts'
import type { Answer, Call, StreamEvent, World } from '../types.ts'
import { runContainer } from './container.ts'
import { type Inference, keysOf, PROVIDER } from './results.ts'

/** The largest body that comes with an asynchronous call instead of through S3. */
const MAX_INLINE_BYTES = 128_000

function checkName(name: string): void {
  if (/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/.test(name)) return
  throw awsError(
    400,
    'ValidationError',
    `1 validation error detected: Value '${name}' at 'endpointName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9])*`,
  )
}

/** SageMaker hands bodies through as they are; the container reads them by their type. */
async function opened(call: Call, contentType: string, raw: Buffer): Promise<Call> {
  if (contentType.startsWith('multipart/form-data')) return { ...call, raw, form: await parseForm(raw, contentType) }
  try {
    const value: unknown = JSON.parse(raw.toString('utf8'))
    return { ...call, raw, json: isObject(value) ? value : {} }
  } catch {
    throw new Refusal(400, 'not JSON', { detail: 'There was an error parsing the body' })
  }
}

/** A container's refusal as SageMaker reports it. */
function modelError(refusal: Refusal, name: string): Refusal {
  const original = JSON.stringify(refusal.body)
  const side = refusal.status < 500 ? 'client' : 'server'
  const message = `Received ${side} error (${refusal.status}) from primary with message "${original}". See https://console.aws.amazon.com/cloudwatch/home for the logs of ${name}.`
  return awsError(424, 'ModelError', message, {
    Message: message,
    OriginalStatusCode: refusal.status,
    OriginalMessage: original,
    LogStreamArn: `arn:aws:logs:us-east-1:123456789012:log-group:/aws/sagemaker/Endpoints/${name}`,
  })
}

async function run(call: Call, world: World): Promise<Answer> {
  const name = call.params.name ?? ''
  checkName(name)
  try {
    return runContainer(name, await opened(call, call.headers['content-type'] ?? '', call.raw), world)
  } catch (error) {
    throw error instanceof Refusal ? modelError(error, name) : error
  }
}

/** `POST /endpoints/{name}/invocations` */
export async function invokeEndpoint(call: Call, world: World): Promise<Answer> {
  const answer = await run(call, world)
  if (answer.streamed)
    throw modelError(new Refusal(400, '', { detail: 'Use the response stream.' }), call.params.name ?? '')
  const custom = headerOf(call.headers, 'x-amzn-sagemaker-custom-attributes')
  return custom ? { ...answer, headers: { 'x-amzn-sagemaker-custom-attributes': custom } } : answer
}

/** The container's events as the parts of a payload that SageMaker passes on unread. */
async function* payloadParts(answer: Answer & { streamed: true }): AsyncGenerator<StreamEvent> {
  let index = 0
  for await (const event of answer.events() as AsyncIterable<StreamEvent>) {
    const data = SSE.encode(event, { index: index++, broken: false, crlf: false })
    yield { part: event.part, event: 'PayloadPart', data }
  }
}

async function* wholePayload(answer: Answer & { streamed: false }): AsyncGenerator<StreamEvent> {
  yield { part: 'finish', event: 'PayloadPart', data: Buffer.from(JSON.stringify(await answer.body())) }
}

/** `POST /endpoints/{name}/invocations-response-stream` */
export async function invokeStream(call: Call, world: World): Promise<Answer> {
  const answer = await run(call, world)
  const { model, charge, firstDelayMs, betweenDelayMs } = answer
  return {
    streamed: true,
    framing: EVENT_STREAM,
    model,
    charge,
    headers: { 'x-amzn-sagemaker-content-type': answer.streamed ? SSE.contentType : 'application/json' },
    firstDelayMs,
    betweenDelayMs,
    events: () => (answer.streamed ? payloadParts(answer) : wholePayload(answer)),
  }
}

interface Input {
  raw: Buffer
  contentType: string
}

/** @throws Refusal 400 where the input is missing, too large or said twice */
function readInput({ headers, raw }: Call, world: World): Input {
  const invalid = (message: string): Refusal => awsError(400, 'ValidationError', message)
  const location = headerOf(headers, 'x-amzn-sagemaker-inputlocation')
  const contentType = headerOf(headers, 'x-amzn-sagemaker-content-type') ?? 'application/json'
  if (location === undefined) {
    if (raw.length === 0) throw invalid('Either InputLocation or Body must be set.')
    if (raw.length > MAX_INLINE_BYTES) throw invalid(`Body must be at most ${MAX_INLINE_BYTES} bytes.`)
    return { raw, contentType }
  }
  if (raw.length > 0) throw invalid('InputLocation and Body must not both be set.')
  const key = /^s3:\/\/([^/]+\/.+)$/.exec(location)?.[1]
  if (!key) throw invalid(`InputLocation '${location}' must be an S3 URI.`)
  return { raw: world.objects.get(key)?.data ?? Buffer.alloc(0), contentType }
}

function checkSeconds(headers: Call['headers'], name: string, min: number, max: number): void {
  const given = headerOf(headers, name)
  const value = Number(given)
  if (given === undefined || (Number.isInteger(value) && value >= min && value <= max)) return
  throw awsError(400, 'ValidationError', `${name} must be between ${min} and ${max}.`)
}

/** `POST /endpoints/{name}/async-invocations`: the result appears in S3, as does a failure. */
export async function invokeAsync(call: Call, world: World): Promise<Answer> {
  const { headers, params } = call
  const name = params.name ?? ''
  checkName(name)
  checkSeconds(headers, 'x-amzn-sagemaker-requestttlseconds', 60, 21_600)
  checkSeconds(headers, 'x-amzn-sagemaker-invocationtimeoutseconds', 1, 3600)
  const { raw, contentType } = readInput(call, world)
  const accept = headerOf(headers, 'x-amzn-sagemaker-accept')
  let answer: Answer | Refusal
  try {
    const inner = await opened({ ...call, headers: { ...headers, accept } }, contentType, raw)
    answer = runContainer(name, inner, world)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    answer = error
  }
  const id = randomUUID()
  const extension = headerOf(headers, 'x-amzn-sagemaker-s3outputpathextension') ?? ''
  const { output, failure } = keysOf(id, extension)
  const accepted = answer instanceof Refusal ? undefined : answer
  return {
    streamed: false,
    status: 202,
    model: accepted?.model ?? name,
    ...(accepted?.charge ? { charge: accepted.charge } : {}),
    headers: {
      'x-amzn-sagemaker-outputlocation': `s3://${output}`,
      'x-amzn-sagemaker-failurelocation': `s3://${failure}`,
    },
    fates: ['late-success', 'failed-task', 'expired-result'],
    firstDelayMs: 0,
    betweenDelayMs: 0,
    body: (fate) => {
      world.tasks.submit<Inference>(PROVIDER, { answer }, fate, id)
      return { InferenceId: headerOf(headers, 'x-amzn-sagemaker-inference-id') ?? id }
    },
  }
}
