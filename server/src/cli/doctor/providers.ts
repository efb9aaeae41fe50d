import { existsSync } from 'node:fs'
import type { ProviderAdapter } from '../../core/adapter.ts'
import type { ProviderConnection } from '../../core/deployment.ts'
import { TurnoutError } from '../../core/error.ts'
import { inquire } from '../../gateway/inquiry.ts'
import { OriginPools } from '../../lib/http/pools.ts'
import type { ServerOptions } from '../../options.ts'
import { PRESETS } from '../../registry/catalog/providers.ts'
import { describeVariables, isGiven } from '../../registry/credentials.ts'
import type { Snapshot } from '../../registry/types.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const PROBE_TIMEOUT_MS = 10_000

/** What the sources of the registry say that cannot be used. A file is refused whole, so there it is a failure. */
export function checkSources({ problems }: Snapshot, configFile: string | undefined): Finding[] {
  const findings = problems.map(({ layer, where, message }) =>
    layer === 'file' ? fail(`${where}: ${message}`) : warn(`${where}: ${message}`),
  )
  if (configFile !== undefined && !problems.some(({ layer }) => layer === 'file')) {
    const state = existsSync(configFile) ? 'is valid' : 'is not there, which is the same as an empty one'
    findings.unshift(ok(`configuration file ${configFile} ${state}`))
  }
  return findings
}

/** Which providers have a credential, never which one. */
export function checkCredentials(snapshot: Snapshot, emulate: ServerOptions['emulate']): Finding[] {
  const findings = usable(snapshot.providers).map((provider) => checkProvider(provider, snapshot))
  if (emulate === 'always') return [...findings, warn('the built-in emulator stands in, as TURNOUT_EMULATE asks')]
  if (findings.some(({ level }) => level === 'ok')) return findings
  const consequence = emulate === 'never' ? 'and the emulator is off' : 'so the built-in emulator would answer'
  return [
    ...findings,
    warn(
      `no provider that can be called has a credential, ${consequence}`,
      'Set the credential of a provider, such as OPENAI_API_KEY, in the environment or in .env.',
    ),
  ]
}

/** Credentials that stand ready for providers that this version does not speak to. */
export function checkUnusedCredentials(
  env: ServerOptions['env'],
  adapters: ReadonlyMap<string, ProviderAdapter>,
): Finding[] {
  return PRESETS.flatMap(({ name, adapter, credentials }) => {
    const variables = credentials.find((candidate) => isGiven(env, candidate))
    if (variables === undefined || adapters.has(adapter)) return []
    return [warn(`${describeVariables(variables)} is set, but this version has no adapter for ${name}`)]
  })
}

function checkProvider({ id, local, credential }: ProviderConnection, { models }: Snapshot): Finding {
  const own = models.filter((model) => model.provider === id)
  const available = own.filter((model) => model.available).length
  const how = local
    ? 'runs on a machine of your own'
    : credential === undefined
      ? 'finds its credential itself'
      : 'has a credential'
  const what = `${id} ${how}`
  if (available > 0) return ok(`${what}; models available: ${available}`)
  return warn(`${what}, but no model of it is available`, own.find(({ unavailable }) => unavailable)?.unavailable)
}

/** Asks each provider how it is or which models it has, which costs nothing. */
export function probeProviders(
  { providers }: Snapshot,
  adapters: ReadonlyMap<string, ProviderAdapter>,
): Promise<Finding[]> {
  return Promise.all(usable(providers).map((provider) => probe(provider, adapters.get(provider.adapter))))
}

const usable = (providers: Snapshot['providers']): ProviderConnection[] =>
  [...providers.values()].filter(({ emulated }) => !emulated)

async function probe(provider: ProviderConnection, adapter: ProviderAdapter | undefined): Promise<Finding> {
  const { id, baseUrl } = provider
  const { check, listModels } = adapter ?? {}
  if (!check && !listModels) return warn(`${id} cannot be probed: it has no call that is free of charge`)
  const pools = new OriginPools()
  try {
    const connection = inquire(provider, pools, { timeoutMs: PROBE_TIMEOUT_MS, maxConnections: 1 })
    await check?.(connection)
    if (!listModels) return ok(`${id} answers at ${baseUrl} and takes the credential`)
    const listed = await listModels(connection)
    return ok(`${id} answers at ${baseUrl} and lists ${listed.length} models`)
  } catch (error) {
    return fail(`${id} at ${baseUrl}: ${reason(error)}`, advice(error, provider))
  } finally {
    await pools.destroy()
  }
}

function reason(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'no answer in time'
  return error instanceof Error ? error.message : String(error)
}

function advice(error: unknown, { local }: ProviderConnection): string {
  if (error instanceof TurnoutError) {
    if (error.code === 'authentication') return 'Check the credential: it may be wrong, expired or revoked.'
    if (error.code === 'permission') return 'Check what the account at the provider allows this credential.'
    if (error.code === 'billing') return 'Check the balance and the spending limit of the account at the provider.'
  }
  return local
    ? 'Start the engine, or take it out of the configuration.'
    : 'Check the network, its proxy and the base URL.'
}
