import type {
  Attempt,
  DeploymentHealth,
  GeneratedImage,
  GeneratedText,
  Model,
  ModelTest,
  Provider,
  Role,
  Served,
  UsageTotal,
  VirtualKey,
} from '@turnout/contract'
import { pino } from 'pino'
import type { Principal } from '../access/types.ts'
import { TurnoutError } from '../core/error.ts'
import type { AttemptFilter, OpenAttempt } from '../ledger/types.ts'
import type { Snapshot } from '../registry/types.ts'
import { fakeArtifacts } from './fakes/artifacts.ts'
import { fakeCallbacks } from './fakes/callbacks.ts'
import { fakeComparisons } from './fakes/comparisons.ts'
import { fakeExperiments } from './fakes/experiments.ts'
import { fakeJobs } from './fakes/jobs.ts'
import { fakeTemplates } from './fakes/templates.ts'
import { fakeWebhooks } from './fakes/webhooks.ts'
import type { ControlPlaneServices } from './services.ts'

/** Small doubles of the services behind the control plane. */

export const NOW = '2026-03-01T10:00:00.000Z'

export function aModel(id: string, change: Partial<Model> = {}): Model {
  return {
    id,
    name: id,
    aliases: [],
    provider: 'openai',
    upstreamId: id,
    input: ['text'],
    output: ['text'],
    capabilities: {},
    limits: {},
    prices: null,
    defaults: {},
    lifecycle: { status: 'active' },
    enabled: true,
    tags: [],
    flags: {},
    settings: {},
    retry: {},
    timeouts: {},
    provenance: { layer: 'catalog', overrides: [], fields: {} },
    available: true,
    ...change,
  }
}

export const SERVED: Served = {
  requestId: 'req_1',
  model: 'writer',
  requestedModel: 'writer',
  provider: 'openai',
  attempts: 1,
  usage: { inputTokens: 3, outputTokens: 2 },
  cost: '0.001',
  emulated: false,
  warnings: [],
}
export const TEXT: GeneratedText = { ...SERVED, content: 'Hello', finishReason: 'stop', rawFinishReason: 'stop' }
export const IMAGE: GeneratedImage = {
  ...SERVED,
  images: [{ base64: 'AAAA', mediaType: 'image/png' }],
  mapped: [{ setting: 'width', asked: 1000, used: 1024, reason: 'The model takes multiples of 64.' }],
}
export const PROVIDER: Provider = {
  id: 'openai',
  name: 'OpenAI',
  adapter: 'openai',
  supported: true,
  configured: true,
  local: false,
  emulated: false,
  reachable: false,
  operations: ['text', 'stream'],
  models: { known: 2, available: 1 },
  setup: null,
  lastError: { code: 'timeout', message: 'It did not answer.', at: NOW },
}
export const TEST: ModelTest = {
  model: 'writer',
  provider: 'openai',
  kind: 'text',
  tested: false,
  estimate: '0.001',
  note: 'The call costs at most about $0.001.',
}
export const DEPLOYMENT: DeploymentHealth = {
  id: 'writer',
  model: 'writer',
  provider: 'openai',
  state: 'ready',
  coolingUntil: null,
  running: 0,
  firstPartMs: 12,
  latencyMs: null,
  failures: 0,
  lastError: null,
}
export const ATTEMPT: Attempt = {
  id: 'att_1',
  requestId: 'req_1',
  attempt: 1,
  operation: 'chat',
  model: 'writer',
  provider: 'openai',
  upstreamModel: 'writer',
  keyId: 'key_user',
  user: null,
  startedAt: NOW,
  latencyMs: 12,
  firstPartMs: null,
  streamed: false,
  experiment: null,
  variant: null,
  outcome: 'succeeded',
  errorCode: null,
  usage: { inputTokens: 3 },
  cost: '0.001',
  emulated: false,
  upstreamRequestId: null,
}
export const TOTAL: UsageTotal = {
  group: 'writer',
  attempts: 1,
  succeeded: 1,
  failed: 0,
  inputTokens: 3,
  outputTokens: 0,
  images: 0,
  cost: '0.001',
  emulatedCost: '0',
  unknownCost: 0,
}

/** The secret of a key with a role is the role with a tail. */
export const secretOf = (role: Role) => `${role}-secret-0123456789abcdef`

const principal = (role: Role): Principal => ({
  keyId: `key_${role}`,
  name: role,
  owner: null,
  role,
  limits: {},
  expiresAt: Number.POSITIVE_INFINITY,
})

function virtualKey(id: string, revokedAt: string | null = null): VirtualKey {
  const rest = { name: 'app', prefix: 'trn_ab', owner: null, role: 'user' as const, limits: {} }
  return { id, ...rest, createdAt: NOW, expiresAt: null, revokedAt }
}

export function fakeKeys(): ControlPlaneServices['keys'] {
  const principals = new Map((['viewer', 'user', 'admin'] as const).map((role) => [secretOf(role), principal(role)]))
  return {
    authenticate: async (secret) => {
      const found = principals.get(secret ?? '')
      if (!found) throw new TurnoutError('authentication', 'The virtual key is missing or wrong.')
      return found
    },
    create: async ({ name, role }) => ({ ...virtualKey('key_new'), name, role, secret: 'trn_shown_once' }),
    list: async ({ limit, cursor }) => ({
      items: [virtualKey(cursor ? 'key_b' : 'key_a')].slice(0, limit),
      nextCursor: cursor ? null : 'more',
    }),
    revoke: async (id) => {
      if (id !== 'key_a') throw new TurnoutError('not_found', `There is no key ${id}.`)
      return virtualKey(id, NOW)
    },
    close: async () => {},
  }
}

export function fakeRegistry(models: Model[]): ControlPlaneServices['registry'] {
  const find = (name: string) => models.find(({ id }) => id === name)
  const missing = (name: string) => new TurnoutError('model_not_found', `There is no model ${name}; near: writer.`)
  const snapshot: Snapshot = {
    version: 7,
    get models() {
      return [...models].sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    providers: new Map([
      [
        'openai',
        {
          id: 'openai',
          adapter: 'openai',
          baseUrl: 'https://name:hidden-secret@example.com/v1',
          credential: 'hidden-secret',
          headers: { 'x-extra': 'hidden-secret' },
          flags: {},
          settings: {},
          local: false,
          emulated: false,
          maxConnections: 10,
        },
      ],
    ]),
    problems: [{ layer: 'environment', where: 'MODEL_2_NAME', message: 'is missing' }],
    promptModel: models[0],
    defaultRequestsPerMinute: undefined,
    resolve: (name) => {
      throw missing(name)
    },
    find,
    route: () => {
      throw missing('routes')
    },
    localProviders: new Set(),
    pools: new Map(),
    roles: new Map(),
    byIndex: () => undefined,
  }
  return {
    snapshot,
    routing: {
      pools: () => [],
      roles: () => [],
      put: async () => {},
      delete: async () => {},
      revisions: async () => [],
      rollback: async () => {},
    },
    reload: async () => {},
    onChange: () => () => {},
    createModel: async (patch) => {
      const model = aModel(patch.id)
      models.push(model)
      return model
    },
    updateModel: async (id, patch) => {
      if (!find(id)) throw missing(id)
      return aModel(id, { name: patch.name ?? id })
    },
    deleteModel: async (id) => {
      const found = find(id)
      if (!found) throw missing(id)
      return found.provenance.overrides.length > 0 ? found : undefined
    },
    close: async () => {},
  }
}

/** A ledger that remembers what it was asked. */
export function fakeLedger() {
  const asked: { filter: AttemptFilter; by?: string; page?: { cursor?: string; limit: number } }[] = []
  const ledger: ControlPlaneServices['ledger'] = {
    open: () => '' as OpenAttempt,
    close: (_start, _end, then) => then(),
    flush: async () => {},
    attempts: async (filter, page) => {
      asked.push({ filter, page })
      return { items: [ATTEMPT], nextCursor: null }
    },
    totals: async (filter, by) => {
      asked.push({ filter, ...(by && { by }) })
      return [TOTAL]
    },
    stop: async () => {},
  }
  return { ledger, asked }
}

export function fakeServices(change: Partial<ControlPlaneServices> = {}): ControlPlaneServices {
  let requests = 0
  return {
    registry: fakeRegistry([
      aModel('writer'),
      aModel('fal-ai/flux/dev', { provider: 'fal', output: ['image'], available: false, enabled: false }),
    ]),
    keys: fakeKeys(),
    limiter: { take: () => undefined },
    ledger: fakeLedger().ledger,
    generation: {
      text: async () => TEXT,
      async *textEvents() {
        yield { content: 'Hello' }
      },
      image: async () => IMAGE,
    },
    health: {
      read: () => ({
        status: 'healthy',
        timestamp: NOW,
        api: { status: 'operational', uptime: 5 },
        providers: { openai: true },
        summary: { healthy: 1, total: 1, percentage: 100 },
        emulated: false,
      }),
      ready: () => ({ ready: true }),
    },
    providers: () => [PROVIDER],
    testModel: async (model) => ({ ...TEST, model }),
    importModel: async ({ endpoint }) => ({ record: { id: endpoint }, model: null, schema: {}, notes: [] }),
    deployments: {
      list: () => [DEPLOYMENT],
      drain: async (id) => ({ ...DEPLOYMENT, id, state: 'drained' }),
      reset: async (id) => ({ ...DEPLOYMENT, id }),
    },
    explainRoute: ({ model }) => ({
      route: model,
      pool: null,
      strategy: 'priority',
      bySession: false,
      experiment: null,
      variant: null,
      output: 'text',
      estimatedInputTokens: 1,
      candidates: [{ deployment: 'writer', provider: 'openai', state: 'ready', note: null, reached: true }],
      skipped: [],
    }),
    ...fakeExperiments(),
    templates: fakeTemplates(),
    jobs: fakeJobs(),
    callbacks: fakeCallbacks(),
    enhance: async ({ prompt, modality }) => ({
      prompt,
      original: prompt,
      modality,
      enhanced: false,
      model: null,
      cost: '0',
      warnings: [],
    }),
    comparisons: fakeComparisons(),
    publicUrl: undefined,
    webhooks: fakeWebhooks(),
    metrics: {
      contentType: 'text/plain',
      page: async () => 'turnout_jobs 0\n',
      isPublic: false,
      requestEnded: () => {},
    },
    artifacts: fakeArtifacts(),
    log: pino({ level: 'silent' }),
    production: true,
    version: '1.2.3',
    emulated: false,
    newRequestId: () => `req_${++requests}`,
    bodyLimit: 100_000,
    ...change,
  }
}
