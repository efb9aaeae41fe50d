import { ERROR_CODES } from '@turnout/contract'
import { ERRORS } from '../core/error.ts'

/** `docs/reference/errors.md`, made from the table of errors. */
export function renderErrorReference(): string {
  const rows = ERROR_CODES.map((code) => {
    const { status, retryable, type, meaning } = ERRORS[code]
    return `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | \`${type}\` | ${meaning} |`
  })
  return `# Errors

Every failure has one of these codes. Routes under \`/api\` answer

\`\`\`json
{ "success": false, "error": { "code": "...", "message": "...", "details": ..., "requestId": "..." } }
\`\`\`

and routes under \`/v1\` answer in OpenAI's shape, with the same code in \`error.code\` and the type of the table in
\`error.type\`. The message says what to do. The request id is also in the header \`x-turnout-request-id\`; it finds the
request in the log and in \`/api/usage\`.

"Retry" says whether the same request may succeed if it is simply sent again. Where a wait is known, \`Retry-After\`
says how long, in seconds. A provider may know better for a single failure, so a retry of Turnout's own can differ.

| code | status | retry | OpenAI type | meaning |
|---|---|---|---|---|
${rows.join('\n')}

\`invalid_input\` also comes with the statuses 405 (the path exists with another method; \`Allow\` names it), 413 (the body
is too large), 414 (a part of the URL is too long) and 415 (the content type is not one that the route takes). For a
body or a query that does not fit the schema, \`details\` lists every problem as \`{path, message}\`.

This page is written from \`server/src/core/error.ts\` by \`node server/src/controlplane/write-reference.ts\`.
`
}
