import type { ProviderConnection } from '../core/deployment.ts'
import type { ProviderSetup } from './providers.ts'

/** What a model's record says instead of its provider. */
export interface OwnConnection {
  baseUrl?: string
  /** Another address of the same provider, as the catalog knows it; one that the user gave the provider wins. */
  catalogBaseUrl?: string
  /** The secret itself. */
  credential?: string
  region?: string
}

export type Connected = { ok: true; connection: ProviderConnection } | { ok: false; obstacle: string }

/** The way to a provider, or what stands in it. */
export function connect(setup: ProviderSetup, own: OwnConnection = {}): Connected {
  const { id, adapter, flags, settings, local, maxConnections, maxJobs } = setup
  if (setup.disabled)
    return { ok: false, obstacle: `Provider ${id} is disabled: providers.${id}.enabled in turnout.yaml.` }
  const common = { id, adapter, flags, settings, local, maxConnections, maxJobs }
  const bringsItsOwn = own.baseUrl !== undefined || own.credential !== undefined
  const region = own.region ?? setup.region
  if (setup.emulation && !bringsItsOwn) {
    const { root, credential, settings: ofEmulation } = setup.emulation
    return {
      ok: true,
      connection: {
        ...common,
        // The emulator stands in for the host; what is below it stays.
        baseUrl: root + pathOf(own.catalogBaseUrl ?? setup.baseUrl),
        credential,
        region,
        settings: { ...ofEmulation, ...settings },
        headers: {},
        local: false,
        emulated: true,
      },
    }
  }
  if (setup.obstacle !== undefined && !bringsItsOwn) return { ok: false, obstacle: setup.obstacle }
  const usual = setup.movedByUser ? setup.baseUrl : (own.catalogBaseUrl ?? setup.baseUrl)
  const address = addressOf(own.baseUrl ?? usual, region, id)
  if (!address.ok) return address
  const shared = own.baseUrl === undefined || sameOrigin(address.baseUrl, addressOf(setup.baseUrl, region, id))
  return {
    ok: true,
    connection: {
      ...common,
      baseUrl: address.baseUrl,
      // What was configured for one server is never sent to another.
      credential: own.credential ?? (shared ? setup.credential : undefined),
      region,
      headers: shared ? setup.headers : {},
      emulated: false,
    },
  }
}

/** The path of a base URL that may have its region still to be filled in; empty where there is none. */
const pathOf = (template: string | undefined): string =>
  template === undefined ? '' : withoutSlash(new URL(template.replaceAll('{region}', 'region')).pathname)

type Address = { ok: true; baseUrl: string } | { ok: false; obstacle: string }

function addressOf(template: string | undefined, region: string | undefined, provider: string): Address {
  if (template === undefined) {
    return { ok: false, obstacle: `Provider ${provider} has no address of its own: give the model a baseUrl.` }
  }
  const needsRegion = template.includes('{region}')
  // It becomes part of a host name, and must not turn it into another one.
  if (needsRegion && !/^[a-z0-9-]+$/i.test(region ?? '')) {
    return { ok: false, obstacle: `Provider ${provider} needs a region of letters, digits and hyphens.` }
  }
  const filled = template.replaceAll('{region}', region ?? '')
  if (!URL.canParse(filled)) return { ok: false, obstacle: `Provider ${provider} has no valid baseUrl.` }
  return { ok: true, baseUrl: withoutSlash(filled) }
}

const sameOrigin = (baseUrl: string, other: Address): boolean =>
  other.ok && new URL(baseUrl).origin === new URL(other.baseUrl).origin

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')
