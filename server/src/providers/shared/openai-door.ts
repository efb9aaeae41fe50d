import type { Flags } from '@turnout/contract'
import type { Connection, OpenAIDoor, OpenAIOperation } from '../../core/adapter.ts'
import { openAIError } from './openai-errors.ts'

const PATHS: Readonly<Record<OpenAIOperation, string>> = {
  chat: '/chat/completions',
  embeddings: '/embeddings',
  'images.generate': '/images/generations',
  'images.edit': '/images/edits',
}

/** A base URL may be given with its version segment or as a bare host, to which `/v1` is added. */
export function versionedBase(baseUrl: string): string {
  const { pathname } = new URL(baseUrl)
  return pathname === '/' ? `${baseUrl.replace(/\/$/, '')}/v1` : baseUrl
}

export const openAIHeaders = (connection: Pick<Connection, 'credential' | 'headers'>): Record<string, string> => ({
  ...(connection.credential === undefined ? {} : { authorization: `Bearer ${connection.credential}` }),
  ...connection.headers,
})

type Message = Readonly<Record<string, unknown>>

function withoutDeveloper(messages: unknown): Message[] | undefined {
  if (!Array.isArray(messages) || !messages.some((message: Message) => message.role === 'developer')) return undefined
  return messages.map((message: Message) => (message.role === 'developer' ? { ...message, role: 'system' } : message))
}

/** How a request must differ for a server that departs from OpenAI as its flags say. */
function rewrite(
  operation: OpenAIOperation,
  body: Readonly<Record<string, unknown>>,
  flags: Readonly<Flags>,
): Record<string, unknown> | undefined {
  const changes: Record<string, unknown> = {}
  if (operation === 'chat') {
    const other = flags.tokenField === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
    if (flags.tokenField && body[other] !== undefined) {
      changes[other] = undefined
      if (body[flags.tokenField] === undefined) changes[flags.tokenField] = body[other]
    }
    const messages = flags.developerRole === false ? withoutDeveloper(body.messages) : undefined
    if (messages) changes.messages = messages
  } else if (flags.responseFormat === false && body.response_format !== undefined) {
    changes.response_format = undefined
  }
  return Object.keys(changes).length === 0 ? undefined : changes
}

/** The door of every server that speaks OpenAI's dialect. */
export const openAIDoor: OpenAIDoor = {
  request: (operation, connection) => ({
    url:
      versionedBase(connection.baseUrl) +
      (operation === 'images.generate' ? (connection.flags.imagesPath ?? PATHS[operation]) : PATHS[operation]),
    headers: openAIHeaders(connection),
  }),
  rewrite,
  error: openAIError,
}
