import type { Model, RetryPolicy, Timeouts } from '@turnout/contract'
import { DEFAULT_TIMEOUTS, type Deployment, type ProviderConnection } from '../core/deployment.ts'
import { preparePrices } from '../core/price.ts'
import { DEFAULT_RETRY } from '../core/retry.ts'
import { defined } from '../lib/objects.ts'
import { connect } from './connect.ts'
import type { SecretReader } from './credentials.ts'
import type { MergedModel } from './merge.ts'
import type { ProviderSetup } from './providers.ts'

export interface DeploymentInputs {
  setups: ReadonlyMap<string, ProviderSetup>
  /** Ids of the adapters that exist. */
  adapters: ReadonlySet<string>
  readSecret: SecretReader
  /** For all providers and models that say nothing else. */
  retry: RetryPolicy
  timeouts: Timeouts
}

/** A model with its deployment, or with the reason why it has none. */
export interface Placed {
  model: Model
  deployment: Deployment | undefined
}

/** Finds out whether and how a model can be called. */
export function place(merged: MergedModel, inputs: DeploymentInputs): Placed {
  const setup = inputs.setups.get(merged.provider)
  // Adapters go by the model's flags alone.
  const model = { ...merged, flags: { ...setup?.flags, ...merged.flags } }
  const found = findWay(model, setup, inputs)
  if (typeof found === 'string')
    return { model: { ...model, available: false, unavailable: found }, deployment: undefined }
  const { by } = found
  // An engine may pass a model's calls on to a service that charges for them: then they are not free.
  const connection = { ...found.connection, local: found.connection.local && model.settings.remote !== true }
  const available: Model = { ...model, available: true }
  return {
    model: available,
    deployment: {
      id: model.id,
      model: available,
      upstreamId: model.upstreamId,
      provider: { ...connection, flags: model.flags, settings: settingsOf(model, connection.settings) },
      prices: connection.local || model.prices === null ? null : preparePrices(model.prices),
      retry: { ...DEFAULT_RETRY, ...defined(inputs.retry), ...defined(by.retry), ...defined(model.retry) },
      timeouts: {
        ...DEFAULT_TIMEOUTS,
        ...defined(by.presetTimeouts),
        ...defined(inputs.timeouts),
        ...defined(by.timeouts),
        ...defined(model.timeouts),
      },
    },
  }
}

/** What the adapter is told of the model beyond the call; some providers want a limit in every request. */
function settingsOf(
  { limits, settings }: Pick<Model, 'limits' | 'settings'>,
  ofProvider: Readonly<Record<string, unknown>>,
) {
  return {
    ...ofProvider,
    ...(limits.outputTokens !== undefined && { maxOutputTokens: limits.outputTokens }),
    ...settings,
  }
}

/** The connection to use, or why there is none. */
function findWay(
  model: MergedModel,
  setup: ProviderSetup | undefined,
  { setups, adapters, readSecret }: DeploymentInputs,
): { connection: ProviderConnection; by: ProviderSetup } | string {
  const { provider, lifecycle, baseUrl, region } = model
  if (lifecycle.status === 'retired') {
    const hint = lifecycle.replacedBy === undefined ? '' : ` Use ${lifecycle.replacedBy} instead.`
    return `${provider} has retired it${lifecycle.retiresAt === undefined ? '' : ` on ${lifecycle.retiresAt}`}.${hint}`
  }
  if (!model.enabled) return 'It is disabled: set its enabled to true.'
  if (!setup) return `Its provider "${provider}" is not known; known are ${[...setups.keys()].join(', ')}.`
  if (!adapters.has(setup.adapter))
    return `${setup.name} cannot be called by this version: it has no ${setup.adapter} adapter.`
  const ofCatalog = (field: 'baseUrl' | 'credential') => model.provenance.fields[field] === 'catalog'
  let credential: string | undefined
  if (model.credential !== undefined && !(setup.emulation && ofCatalog('credential'))) {
    const secret = readSecret(model.credential)
    if (!secret.ok) return secret.failure
    credential = secret.value
  }
  const own = ofCatalog('baseUrl') ? { catalogBaseUrl: baseUrl } : { baseUrl }
  const connected = connect(setup, { ...own, credential, region })
  return connected.ok ? { connection: connected.connection, by: setup } : connected.obstacle
}
