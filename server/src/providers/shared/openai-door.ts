import type { Flags } from '@turnout/contract'
import type { Connection, OpenAIDoor, OpenAIOperation } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { memoised } from '../../lib/memoised.ts'
import type { ErrorReader } from './failure.ts'
import { openAIError } from './openai-errors.ts'

const PATHS: Readonly<Record<OpenAIOperation, string>> = {
  chat: '/chat/completions',
  embeddings: '/embeddings',
  'images.generate': '/images/generations',
  'images.edit': '/images/edits',
}

/** A base URL may be given with its version segment or as a bare host, to which `/v1` is added. */
export const versionedBase = memoised((baseUrl): string => {
  const { pathname } = new URL(baseUrl)
  return pathname === '/' ? `${baseUrl.replace(/\/$/, '')}/v1` : baseUrl
})

/** Where all of a local engine's APIs are: a base URL without the path of any of them. */
export const engineRoot = (baseUrl: string): string => baseUrl.replace(/(?:\/api)?(?:\/v\d+)?\/*$/, '')

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

export interface OpenAIDoorOptions {
  /**
   * What the provider serves in OpenAI's dialect; everything unless said
   * otherwise. The rest is refused as `capability_missing`, by which the
   * gateway knows to ask the adapter's own methods instead.
   */
  operations?: readonly OpenAIOperation[]
  /** Where the provider speaks the dialect, from its base URL; there, or below `/v1` of a bare host, unless said otherwise. */
  base?: (baseUrl: string) => string
  error?: ErrorReader
}

const EVERYTHING = Object.keys(PATHS) as OpenAIOperation[]

/** The door of a provider that speaks OpenAI's dialect, be it not for all of its operations. */
export function createOpenAIDoor({
  operations = EVERYTHING,
  base = versionedBase,
  error = openAIError,
}: OpenAIDoorOptions = {}): OpenAIDoor {
  return {
    request(operation, connection) {
      if (!operations.includes(operation)) {
        throw new TurnoutError('capability_missing', `The provider does not serve ${operation} in OpenAI's dialect.`, {
          param: 'model',
        })
      }
      const path = operation === 'images.generate' ? connection.flags.imagesPath : undefined
      return { url: base(connection.baseUrl) + (path ?? PATHS[operation]), headers: openAIHeaders(connection) }
    },
    rewrite,
    error,
  }
}

/** What those providers speak of the dialect that have an API of their own for pictures. */
export const TEXT_ALONE: readonly OpenAIOperation[] = ['chat', 'embeddings']

/** The door of every server that speaks OpenAI's dialect. */
export const openAIDoor: OpenAIDoor = createOpenAIDoor()
