import type { ErrorCode } from '@turnout/contract'
import type { Connection } from '../../core/adapter.ts'
import { type AwsFailure, readAwsFailure, said } from '../shared/aws/errors.ts'
import { type ErrorReader, errorReader, type Said } from '../shared/failure.ts'

/**
 * Bedrock's own errors, which often mean something else than the status beside them.
 * Source: Bedrock Runtime service model 2023-09-30 and the user guide's page on
 * error codes, read November 2026.
 */
const BY_NAME: ReadonlyMap<string, ErrorCode> = new Map([
  ['FTUFormNotFilled', 'model_not_enabled'],
  ['MPAgreementBeingCreated', 'model_not_enabled'],
  ['ResourceNotFound', 'model_not_found'],
  ['ServiceQuotaExceeded', 'rate_limit'],
  ['ModelNotReady', 'overloaded'],
  ['ModelTimeout', 'timeout'],
  ['ModelError', 'upstream_error'],
  ['ModelStreamError', 'upstream_error'],
  ['Conflict', 'invalid_input'],
])

const CONTENT = /content[- ](filter|policy|moderation)|blocked by (our|the) |responsible ai|acceptable use/i
const NOT_ENABLED = /model access|access to the model|marketplace|agreement|subscription|use case/i

/** What the words of a refusal mean where its name stands for several things. */
function readWords({ name, message }: AwsFailure, where: string): [ErrorCode, hint?: string] | undefined {
  if (name === 'AccessDenied') {
    if (/api key/i.test(message)) return ['authentication']
    return NOT_ENABLED.test(message) ? ['model_not_enabled'] : ['permission']
  }
  if (name === 'InvalidSignature' && /valid region/i.test(message)) return ['authentication', `signed for ${where}`]
  if (name !== 'Validation') return undefined
  if (/on-demand throughput/i.test(message)) {
    const hint = 'use the id of an inference profile, such as the model id with the prefix global., us. or eu.'
    return ['invalid_input', hint]
  }
  if (/model identifier is invalid/i.test(message))
    return ['model_not_found', `the model may not be served in ${where}; set the region of the model`]
  return CONTENT.test(message) ? ['content_policy'] : undefined
}

function readSaid(failure: AwsFailure, where: string): Said {
  const [code, hint] = readWords(failure, where) ?? [BY_NAME.get(failure.name)]
  const isElsewhere = code === 'model_not_found' && hint === undefined
  return said(failure, code, isElsewhere ? `asked for in ${where}` : hint)
}

const whereOf = (region: string | undefined): string => (region ? `region ${region}` : 'the configured region')

/** A failed answer of Bedrock as an error, which names the region where that may be the reason. */
export const bedrockError = ({ region }: Pick<Connection, 'region'>): ErrorReader =>
  errorReader((body, _status, headers) => readSaid(readAwsFailure(body, headers), whereOf(region)))
