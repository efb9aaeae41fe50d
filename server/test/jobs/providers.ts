import type { Fault } from '@turnout/emulator'
import { configurationOf, SERVED, type Served } from '../providers/served.ts'

/** One way of a provider to make pictures or videos. */
export interface Maker {
  /** Of the provider in the configuration. */
  id: string
  kind: 'image' | 'video'
  upstreamId: string
  /** What the emulator calls the model. */
  billedAs: string
  /** Inputs besides the prompt. */
  inputs?: object
  /** Of a picture or of a second: what the provider says itself, or what we say of it. */
  usd: string
  /** It is asked again and again whether it is done. */
  polled: boolean
  /** What it makes lies at an address, for a while. */
  linked: boolean
  moderated: boolean
  /** It does not tell how much it made. */
  uncounted?: true
}

const POLLED: ReadonlySet<string> = new Set(['bfl', 'fal', 'hunyuan'])
const REPORTED: Readonly<Record<string, string>> = { bfl: '0.03', recraft: '0.035' }
const BILLED_AS: Readonly<Record<string, string>> = {
  stability: 'stable-image-core',
  huggingface: 'black-forest-labs/FLUX.1-schnell',
}

// The pictures of Gemini are paid for by the token: test/providers/failed-costs.test.ts has them.
const PAINTERS: readonly Maker[] = SERVED.flatMap(({ id, image }) =>
  image === undefined || id === 'google'
    ? []
    : [
        {
          id,
          kind: 'image' as const,
          upstreamId: image.upstreamId,
          billedAs: BILLED_AS[id] ?? image.upstreamId,
          usd: REPORTED[id] ?? '0.04',
          polled: POLLED.has(id),
          linked: image.linked === true,
          moderated: image.unmoderated !== true || id === 'huggingface',
        },
      ],
)

function filmer(id: string, upstreamId: string, usd: string, seconds: number, more: Partial<Maker> = {}): Maker {
  const common = { polled: true, linked: true, moderated: true }
  return { id, kind: 'video', upstreamId, billedAs: upstreamId, usd, inputs: { seconds }, ...common, ...more }
}

/** Every provider of media that has a double, by each of its ways to make them. */
export const MAKERS: readonly Maker[] = [
  ...PAINTERS,
  filmer('bfl', 'flux-3-video', '0.17', 5),
  filmer('google', 'veo-3.1-generate-preview', '0.1', 4),
  filmer('dashscope', 'wan2.6-t2v', '0.1', 5),
  filmer('fal', 'fal-ai/kling-video/v2.1/master/text-to-video', '0.1', 5),
  // An object that is not in the bucket is one that is not there yet: nothing tells that it has expired.
  filmer('sagemaker', 'a-wan-endpoint', '0.1', 4, { linked: false, moderated: false, uncounted: true }),
]

export const modelOf = ({ id, kind }: Maker): string => `${id}-${kind === 'image' ? 'painter' : 'filmer'}`

const pricesOf = ({ kind, usd }: Maker) => ({
  rates: [{ unit: kind === 'image' ? 'image' : 'second', usd, per: 1 }],
  source: 'test',
  asOf: '2026-11-01',
})

interface Configuration {
  providers: Record<string, { settings?: object }>
  models: { id: string; provider: string; upstreamId: string; output: string[]; prices?: object }[]
}

/** The text of turnout.yaml for all of them. */
export function configuration(baseUrl: (double: string) => string): string {
  const served = SERVED.filter(({ id }) => MAKERS.some((maker) => maker.id === id))
  const withoutModels = served.map(({ text: _, image: __, ...one }): Served => one)
  const made = JSON.parse(configurationOf(withoutModels, baseUrl)) as Configuration
  made.providers.sagemaker!.settings = { s3Endpoint: baseUrl('s3') }
  made.models = MAKERS.map((maker) => {
    const { id: provider, upstreamId, kind } = maker
    return { id: modelOf(maker), provider, upstreamId, output: [kind], prices: pricesOf(maker) }
  })
  return JSON.stringify(made)
}

/** What a job ends with: its state and code, and whether its cost is what is billed or nobody knows it. */
export interface End {
  state: string
  code?: string
  cost: 'billed' | 'unknown'
}

export interface Fate {
  fault?: Fault
  /** Whose fate it can be. */
  of(maker: Maker): boolean
  end: End
  /** Who is different. */
  but?: Readonly<Record<string, Partial<End>>>
}

const SILENT: Partial<End> = { cost: 'unknown' }

/** What a provider does wrong, or slowly. First what a poll of other work could take for its own. */
export const FATES: Readonly<Record<string, Fate>> = {
  'failing with a 500': {
    fault: { kind: 'status', status: 500 },
    of: () => true,
    end: { state: 'failed', code: 'upstream_error', cost: 'billed' },
  },
  'resetting the connection': {
    fault: { kind: 'reset', billed: true },
    of: () => true,
    end: { state: 'unknown', code: 'unknown_outcome', cost: 'unknown' },
  },
  well: { of: () => true, end: { state: 'succeeded', cost: 'billed' } },
  slow: { fault: { kind: 'slow-first-part', ms: 300 }, of: () => true, end: { state: 'succeeded', cost: 'billed' } },
  moderating: {
    fault: { kind: 'moderated' },
    of: ({ moderated }) => moderated,
    end: { state: 'failed', code: 'content_policy', cost: 'billed' },
    // These do not say whether what they withhold is charged; a router of Hugging Face has only words for it.
    but: {
      'bedrock-painter': SILENT,
      'fal-painter': SILENT,
      'fal-filmer': SILENT,
      'hunyuan-painter': SILENT,
      'huggingface-painter': { code: 'invalid_input' },
    },
  },
  'failing after the work': {
    fault: { kind: 'failed-task', billed: true },
    of: ({ polled }) => polled,
    end: { state: 'failed', code: 'upstream_error', cost: 'billed' },
    but: { 'hunyuan-painter': SILENT, 'sagemaker-filmer': SILENT },
  },
  'letting its result expire': {
    fault: { kind: 'expired-result' },
    of: ({ linked }) => linked,
    end: { state: 'failed', code: 'invalid_output', cost: 'billed' },
  },
  late: {
    fault: { kind: 'late-success', polls: 2 },
    of: ({ polled }) => polled,
    end: { state: 'succeeded', cost: 'billed' },
  },
}
