import type { Connection } from '../../core/adapter.ts'
import { exchange, json } from '../shared/exchange.ts'
import type { MessagesDoor } from '../shared/messages/text.ts'
import { anthropicError } from './errors.ts'

/** Where a path of the API is; a base URL may be given with its version segment, as for other providers. */
export const anthropicUrl = ({ baseUrl }: Connection, path: string): string => baseUrl.replace(/\/(v1\/?)?$/, '') + path

/**
 * The version of 2023 is the one whose older models still take a temperature;
 * for what is sent here it is else the same as that of October 2026.
 * Source: Anthropic's guide on migrating to API version 2026-10-21, read November 2026.
 */
export const anthropicHeaders = ({ credential }: Connection): Record<string, string> => ({
  ...(credential === undefined ? {} : { 'x-api-key': credential }),
  'anthropic-version': '2023-06-01',
})

/** `POST /v1/messages` */
export const anthropicDoor: MessagesDoor = {
  send: (body, connection) =>
    exchange(
      anthropicUrl(connection, '/v1/messages'),
      json(body, {
        ...anthropicHeaders(connection),
        accept: body.stream === true ? 'text/event-stream' : 'application/json',
      }),
      connection,
      anthropicError,
    ),
  readError: anthropicError,
}
