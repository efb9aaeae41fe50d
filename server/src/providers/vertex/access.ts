import type { GoogleAuth } from 'google-auth-library'
import type { Connection } from '../../core/adapter.ts'
import { AccountTokens, notEntered, readServiceAccount, SCOPE } from './service-account.ts'

/** The headers that open Vertex AI, and the project they belong to where that is known. */
export interface Access {
  headers: Record<string, string>
  project: string | undefined
}

interface Account {
  tokens: AccountTokens
  project: string | undefined
}

/** More than anybody configures; what is replaced must not stay for ever. */
const MOST_ACCOUNTS = 32

const accounts = new Map<string, Account>()

function accountOf(credential: string, provider: string): Account {
  const known = accounts.get(credential)
  if (known) return known
  const document = readServiceAccount(credential, provider)
  const account = { tokens: new AccountTokens(document), project: document.project }
  const [oldest] = accounts.keys()
  if (accounts.size >= MOST_ACCOUNTS && oldest !== undefined) accounts.delete(oldest)
  accounts.set(credential, account)
  return account
}

let ambient: Promise<GoogleAuth> | undefined

/** Google's own search for a credential: the file that the environment names, the user's login, the machine. */
async function ambientAccess(provider: string, project: string | undefined): Promise<Access> {
  ambient ??= import('google-auth-library').then(({ GoogleAuth }) => new GoogleAuth({ scopes: SCOPE }))
  const auth = await ambient
  try {
    // A user's own login also names the project that pays for the calls.
    const headers = Object.fromEntries(await auth.getRequestHeaders())
    return { headers, project: project ?? (await auth.getProjectId().catch(() => undefined)) }
  } catch (error) {
    throw notEntered(provider, 'no application default credentials were found.', error)
  }
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/**
 * What opens Vertex AI: the JSON document of a service account, or without
 * one the application default credentials. A credential that is no JSON is
 * taken for an access token that somebody else keeps fresh.
 *
 * @throws TurnoutError authentication and others, always `delivered: false`
 */
export async function accessTo({ credential, provider, transport, settings }: Connection): Promise<Access> {
  const project = typeof settings.project === 'string' && settings.project !== '' ? settings.project : undefined
  if (credential === undefined) return ambientAccess(provider, project)
  if (!credential.trimStart().startsWith('{')) return { headers: bearer(credential), project }
  const account = accountOf(credential, provider)
  return { headers: bearer(await account.tokens.get(transport, provider)), project: project ?? account.project }
}
