import type { Connection } from '../../../core/adapter.ts'
import { TurnoutError } from '../../../core/error.ts'
import { memoised } from '../../../lib/memoised.ts'

/** A key pair, with the session that it belongs to if it is a temporary one. */
export interface AwsKeys {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** What opens an AWS service: a key pair that requests are signed with, or a key that is sent as it is. */
export type AwsAccess = { keys: AwsKeys } | { bearer: string }

/** `ACCESS_KEY_ID:SECRET`, `ACCESS_KEY_ID:SECRET:SESSION_TOKEN`; no part of a key pair has a colon or white space. */
const KEY_PAIR = /^([^:\s]+):([^:\s]+)(?::([^:\s]+))?$/

const readCredential = memoised((credential): AwsAccess => {
  const [, accessKeyId, secretAccessKey, sessionToken] = KEY_PAIR.exec(credential) ?? []
  return accessKeyId === undefined || secretAccessKey === undefined
    ? { bearer: credential }
    : { keys: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) } }
})

type Chain = () => Promise<AwsKeys>

/** One chain for each region, because a chain may have to ask a regional service for its credential. */
const chains = new Map<string | undefined, Promise<Chain>>()

/** AWS's own search for a credential. It remembers what it has found until five minutes before that expires. */
function chainOf(region: string | undefined): Promise<Chain> {
  const known = chains.get(region)
  if (known) return known
  const chain = import('@aws-sdk/credential-providers').then(({ fromNodeProviderChain }) =>
    fromNodeProviderChain({ clientConfig: { region } }),
  )
  chains.set(region, chain)
  return chain
}

/**
 * The credential of a connection: a key pair, a bearer key, or without either
 * what AWS's default chain finds (environment, profile, single sign-on, web
 * identity, container, instance).
 *
 * @throws TurnoutError authentication, `delivered: false`
 */
export async function accessOf({ credential, region, provider }: Connection): Promise<AwsAccess> {
  if (credential !== undefined) return readCredential(credential)
  const chain = await chainOf(region)
  try {
    return { keys: await chain() }
  } catch (cause) {
    throw new TurnoutError('authentication', `${provider} has no credential: AWS's default chain found none.`, {
      provider,
      delivered: false,
      cause,
    })
  }
}
