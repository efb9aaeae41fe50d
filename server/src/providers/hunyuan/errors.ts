import type { ErrorCode } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import { type ErrorReader, errorReader, parseJson, readPlain, type Said, text } from '../shared/failure.ts'
import { readOpenAISaid } from '../shared/openai-errors.ts'

/**
 * Tencent Cloud's codes by how they begin; the first that fits wins.
 * Source: the error lists of Tencent Cloud's SDKs for Hunyuan, read November 2026.
 */
const BY_WORD: readonly [RegExp, ErrorCode][] = [
  [/^AuthFailure\.UnauthorizedOperation|^UnauthorizedOperation/, 'permission'],
  [/^AuthFailure/, 'authentication'],
  [/^RequestLimitExceeded|^LimitExceeded|^FailedOperation\.EngineServerLimitExceeded/, 'rate_limit'],
  [/^OperationDenied\.(Text|Image)IllegalDetected|^FailedOperation\.GenerateImageFailed/, 'content_policy'],
  [/^FailedOperation\.(Free)?ResourcePackExhausted|ServiceStop(Arrears)?$/, 'billing'],
  [/^ResourceUnavailable\.(InArrears|LowBalance|StopUsing)/, 'billing'],
  [/^ResourceInsufficient\.ChargeResourceExhaust|^ResourcesSoldOut/, 'billing'],
  [/^FailedOperation\.(ServiceNotActivated|UserUnAuthError)|^ResourceUnavailable\.NotExist/, 'model_not_enabled'],
  [/^FailedOperation\.(Engine)?RequestTimeout/, 'timeout'],
  [/^FailedOperation\.JobNotExist|^InvalidParameterValue\.Model/, 'model_not_found'],
  [/^FailedOperation\.(ImageDecodeFailed|ImageDownloadError|ImageSizeExceed)/, 'invalid_input'],
  [/^FailedOperation\.(RequestEntityTooLarge|TextLengthExceed)/, 'invalid_input'],
  [
    /^(InvalidParameter|MissingParameter|UnknownParameter|ImageDecodeFailed|ImageSizeExceed|TextLengthExceed)/,
    'invalid_input',
  ],
  [/^(RequestEntityTooLarge|UnsupportedOperation|InvalidAction|InvalidRequest)/, 'invalid_input'],
  [/^(FailedOperation|InternalError)/, 'upstream_error'],
]

export const meaningOf = (word: string | undefined): ErrorCode | undefined =>
  word === undefined ? undefined : BY_WORD.find(([pattern]) => pattern.test(word))?.[1]

/** `{Response: {Error: {Code, Message}, RequestId}}`, which comes with status 200; undefined where it is none. */
function readClassic(value: unknown): Said | undefined {
  const response = (value as { Response?: { Error?: Record<string, unknown>; RequestId?: unknown } } | null)?.Response
  if (!response?.Error) return undefined
  const word = text(response.Error.Code)
  return {
    message: text(response.Error.Message) ?? word ?? '',
    word,
    code: meaningOf(word),
    requestId: text(response.RequestId),
  }
}

function read(body: string, status: number): Said {
  const value = parseJson(body)
  if (value === undefined) return { message: readPlain(body) }
  const classic = readClassic(value)
  if (classic) return classic
  const said = readOpenAISaid(body, status)
  const requestId = text((value as { request_id?: unknown } | null)?.request_id)
  return { ...said, code: meaningOf(said.word) ?? said.code, requestId }
}

/** The errors of the classic API and of the OpenAI-compatible hosts, which share their codes. */
export const hunyuanError: ErrorReader = errorReader(read)

/** Codes by which a request is refused before any work. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'authentication',
  'permission',
  'rate_limit',
  'billing',
  'invalid_input',
  'model_not_found',
  'model_not_enabled',
])

/**
 * What a refusal of a request costs: nothing, although Tencent tells it by an
 * answer of status 200.
 *
 * @param isJob It was to become a job, which is judged before it is one.
 */
export function refusedFree(error: unknown, isJob: boolean): unknown {
  if (!(error instanceof TurnoutError) || error.upstreamStatus !== 200) return error
  return isJob || REFUSALS.has(error.code) ? error.with({ providerCost: 0n }) : error
}

/** A job that has failed after it was accepted. */
export function jobFailure(code: unknown, message: unknown, provider: string, requestId?: string): TurnoutError {
  const word = text(code)
  return new TurnoutError(meaningOf(word) ?? 'upstream_error', `${provider}: ${text(message) ?? 'the job failed'}`, {
    provider,
    upstreamStatus: 200,
    upstreamCode: word,
    upstreamRequestId: requestId,
    // The job has ended; asking for the same again is a new one.
    retryable: false,
  })
}
