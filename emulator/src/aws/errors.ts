import { described, type Fact, Refusal } from '../refusal.ts'
import { bracketed, dotted } from '../violation.ts'

/** An error in the JSON protocol of AWS: its type is in a header. */
export function awsError(status: number, code: string, message: string, more: object = {}): Refusal {
  return new Refusal(status, message, { message, ...more }, { 'x-amzn-errortype': code })
}

export function invalid(message: string): Refusal {
  return awsError(400, 'ValidationException', message)
}

/** The answer to a request that fails before its operation looks at it. */
export function refuse(fact: Fact): Refusal {
  if (fact.kind === 'unknown-route' || fact.kind === 'wrong-method') {
    return awsError(404, 'UnknownOperationException', 'The requested operation is not recognized by the service.')
  }
  if (fact.kind === 'violation') {
    const { path, issue } = fact
    if (issue.is === 'unknown') {
      return invalid(
        `Malformed input request: #: extraneous key [${bracketed(path)}] is not permitted, please reformat your input and try again.`,
      )
    }
    const constraint =
      issue.is === 'missing'
        ? 'Member must not be null'
        : issue.is === 'value'
          ? `Member must satisfy enum value set: [${issue.values.join(', ')}]`
          : issue.is === 'below' || issue.is === 'short'
            ? `Member must have a value or length of at least ${issue.bound}`
            : issue.is === 'above' || issue.is === 'long'
              ? `Member must have a value or length of at most ${issue.bound}`
              : issue.is === 'union'
                ? `Exactly one of ${issue.fields.join(', ')} must be set`
                : 'Member must have the type and form of the service model'
    return invalid(
      `1 validation error detected: Value at '${dotted(path)}' failed to satisfy constraint: ${constraint}`,
    )
  }
  if (fact.kind === 'not-json' || fact.kind === 'not-an-object') {
    return awsError(400, 'SerializationException', 'Unable to parse the request body as JSON.')
  }
  if (fact.kind === 'too-large') return awsError(413, 'RequestEntityTooLargeException', described(fact).message)
  return invalid(described(fact).message)
}
