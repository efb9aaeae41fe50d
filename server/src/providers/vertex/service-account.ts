import type { GoogleToken } from 'google-auth-library'
import type { Transport, TransportResponse } from '../../core/adapter.ts'
import { TurnoutError } from '../../core/error.ts'
import { isObject } from '../../lib/objects.ts'
import { parseJson, text } from '../shared/failure.ts'

export const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** What a service account's JSON document says, as far as it is needed. */
export interface ServiceAccount {
  email: string
  key: string
  tokenUri: string
  project: string | undefined
}

/** Nothing has been sent to the provider yet, so nothing can have been paid for. */
export const notEntered = (provider: string, why: string, cause?: unknown): TurnoutError =>
  new TurnoutError('authentication', `${provider} cannot be asked: ${why}`, { provider, delivered: false, cause })

/** @throws TurnoutError authentication for what is no service account's document; its text is never repeated */
export function readServiceAccount(credential: string, provider: string): ServiceAccount {
  const document = parseJson(credential)
  const { type, client_email, private_key, token_uri, project_id } = isObject(document) ? document : {}
  const email = text(client_email)
  const key = text(private_key)
  if (email === undefined || key === undefined || (type !== undefined && type !== 'service_account')) {
    throw notEntered(provider, 'its credential is not the JSON document of a service account.')
  }
  const tokenUri = text(token_uri) ?? 'https://oauth2.googleapis.com/token'
  if (!URL.canParse(tokenUri)) throw notEntered(provider, 'the token_uri of its service account is no URL.')
  return { email, key, tokenUri, project: text(project_id) }
}

/** Longer than any token endpoint needs. */
const PATIENCE_MS = 30_000
/** A token that has less than this left is replaced. */
const EARLY_MS = 5 * 60_000

async function exchanged(response: TransportResponse, provider: string): Promise<unknown> {
  const answer = parseJson(await response.text())
  if (response.status === 200 && isObject(answer) && text(answer.access_token)) return answer
  const { error, error_description } = isObject(answer) ? answer : {}
  const why = text(error_description) ?? text(error) ?? `HTTP status ${response.status}`
  const isRefusal = response.status >= 400 && response.status < 500 && response.status !== 429
  throw new TurnoutError(isRefusal ? 'authentication' : 'overloaded', `${provider} gave no access token: ${why}`, {
    provider,
    delivered: false,
    upstreamStatus: response.status,
    upstreamCode: text(error),
  })
}

/**
 * The access tokens of one service account: signed for, exchanged and kept by
 * Google's library, carried by our transport. An assertion names the endpoint
 * it is for, so that it is of no use at any other.
 */
export class AccountTokens {
  readonly #account: ServiceAccount
  #tokens: Promise<GoogleToken> | undefined
  #transport: Transport | undefined
  #provider = ''

  constructor(account: ServiceAccount) {
    this.#account = account
  }

  /** @throws TurnoutError authentication and others, always `delivered: false` */
  async get(transport: Transport, provider: string): Promise<string> {
    this.#transport = transport
    this.#provider = provider
    try {
      this.#tokens ??= this.#load()
      const { access_token } = await (await this.#tokens).getToken()
      return access_token!
    } catch (error) {
      if (!(error instanceof TurnoutError)) throw notEntered(provider, 'its service account cannot sign.', error)
      throw error.delivered ? notDelivered(error) : error
    }
  }

  async #load(): Promise<GoogleToken> {
    const library = await import('google-auth-library')
    const { email, key, tokenUri } = this.#account
    const request = async ({ data }: { data?: unknown }) => {
      const response = await this.#transport!(tokenUri, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: String(data),
        // Others may wait for the same token, so it does not end with the call that asked first.
        signal: AbortSignal.timeout(PATIENCE_MS),
      })
      return { data: await exchanged(response, this.#provider) }
    }
    return new library.GoogleToken({
      iss: email,
      key,
      scope: SCOPE,
      additionalClaims: { aud: tokenUri },
      eagerRefreshThresholdMillis: EARLY_MS,
      // The library reads nothing but `data` of an answer.
      transporter: { request: request as never },
    })
  }
}

/** The same failure, of which it is certain that the provider's paid side has seen nothing. */
const notDelivered = (error: TurnoutError): TurnoutError =>
  new TurnoutError(error.code, error.message, {
    provider: error.provider,
    retryAfterMs: error.retryAfterMs,
    upstreamStatus: error.upstreamStatus,
    delivered: false,
    cause: error,
  })
