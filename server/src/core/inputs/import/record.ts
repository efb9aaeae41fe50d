import type { Capabilities, ImportModel, Limits, Modality, ModelPatch, Transform } from '@turnout/contract'
import { isObject } from '../../../lib/objects.ts'
import { TurnoutError } from '../../error.ts'
import { detectSettings } from './detect.ts'
import { locateEndpoint, type PublishedEndpoint } from './locate.ts'
import type { JsonSchema } from './simplify.ts'

type Json = Readonly<Record<string, unknown>>
type Kind = 'image' | 'video'

/** Whoever calls any endpoint by its record; other adapters have words of their own. */
const DECLARED_PROVIDERS: ReadonlySet<string> = new Set(['fal'])

/** The longest record that is worth keeping in memory. */
const MOST_CHARACTERS = 200_000

const members = (schema: JsonSchema): Json => (isObject(schema.properties) ? schema.properties : {})

/** What an endpoint makes, told by its output, its category, its name. */
function kindOf({ output, category = '' }: PublishedEndpoint, endpoint: string): Kind | 'audio' | undefined {
  const names = Object.keys(members(output)).join(' ')
  if (/\bvideos?\b/.test(names)) return 'video'
  if (/\bimages?\b/.test(names)) return 'image'
  if (/\baudios?(_url|_file)?\b/.test(names)) return 'audio'
  for (const words of [category, endpoint]) {
    if (/to-video|video-to-video|[ti]2v\b/.test(words)) return 'video'
    if (/to-image|flux|diffusion/.test(words)) return 'image'
    if (/to-(audio|speech|music)/.test(words)) return 'audio'
  }
  return undefined
}

/** @throws TurnoutError invalid_input for what Turnout cannot serve, or where nothing tells */
function requireKind(published: PublishedEndpoint, { endpoint, output }: ImportModel): Kind {
  const kind = output ?? kindOf(published, endpoint)
  if (kind === 'audio') {
    throw new TurnoutError('invalid_input', `endpoint must make pictures or videos; ${endpoint} makes sound.`, {
      param: 'endpoint',
    })
  }
  if (kind !== undefined) return kind
  throw new TurnoutError(
    'invalid_input',
    `output must be image or video: the description of ${endpoint} does not tell.`,
    {
      param: 'output',
    },
  )
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && value > 0 ? value : undefined)
const wholeOf = (value: unknown): number | undefined => {
  const number = numberOf(value)
  return number !== undefined && Number.isInteger(number) ? number : undefined
}

/** The schema of a field, or of a field of a field. */
function fieldAt(input: JsonSchema, path: string | undefined): Json {
  let at: unknown = input
  for (const key of (path ?? '').split('.'))
    at = isObject(at) && isObject(at.properties) ? at.properties[key] : undefined
  return isObject(at) ? at : {}
}

/** The numbers of an enumeration such as `["4s", "8s"]`. */
const listed = (schema: Json): number[] =>
  (Array.isArray(schema.enum) ? schema.enum : [])
    .map((value) => Number.parseFloat(String(value)))
    .filter((value) => Number.isFinite(value) && value > 0)

function limitsOf(input: JsonSchema, detected: ReturnType<typeof detectSettings>, kind: Kind): Limits {
  const { settings, sizes, ratios } = detected
  const { pictures, seconds } = settings
  const prompt = fieldAt(input, settings.prompt)
  const count = fieldAt(input, settings.count)
  const duration = seconds && seconds.form !== 'frames' ? fieldAt(input, seconds.field) : {}
  const durations = listed(duration)
  const inputImages =
    pictures === undefined
      ? undefined
      : 'fields' in pictures
        ? pictures.fields.length
        : wholeOf(fieldAt(input, pictures.list).maxItems)
  const limits: Limits = {
    promptCharacters: wholeOf(prompt.maxLength),
    // One for each call is what an endpoint makes that takes no number.
    images: kind === 'image' ? (settings.count === undefined ? 1 : wholeOf(count.maximum)) : undefined,
    inputImages,
    sizes: sizes.length > 0 ? sizes : undefined,
    aspectRatios: ratios.length > 0 ? ratios : undefined,
    minSeconds: durations.length > 0 ? Math.min(...durations) : numberOf(duration.minimum),
    maxSeconds: durations.length > 0 ? Math.max(...durations) : numberOf(duration.maximum),
  }
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}

function capabilitiesOf({ settings }: ReturnType<typeof detectSettings>): Capabilities {
  return {
    seed: settings.seed !== undefined,
    negativePrompt: settings.negativePrompt !== undefined,
    guidance: settings.guidanceScale !== undefined,
    steps: settings.steps !== undefined,
    lora: settings.loras !== undefined,
    imageInput: settings.pictures !== undefined,
    mask: settings.mask !== undefined,
  }
}

const KINDS: readonly [kind: string, modality: Modality][] = [
  ['image', 'image'],
  ['video', 'video'],
  ['audio', 'audio'],
]

function inputsOf({ settings, media }: ReturnType<typeof detectSettings>): Modality[] {
  const kinds = new Set(Object.values(media))
  const found = KINDS.filter(([kind]) => kinds.has(kind as 'image')).map(([, modality]) => modality)
  return [...(settings.prompt === undefined ? [] : (['text'] as const)), ...found]
}

/** `fal-ai/kling-video/v2` becomes `fal/kling-video/v2`. */
const idOf = ({ provider, endpoint }: ImportModel): string =>
  `${provider}/${endpoint.startsWith(`${provider}-ai/`) ? endpoint.slice(provider.length + 4) : endpoint}`

export interface ReadRecord {
  record: ModelPatch
  notes: string[]
}

/**
 * Makes a record of the registry from what a provider has published of an
 * endpoint: its inputs with types, ranges and defaults, what it makes, which
 * inputs are files, and what it calls the settings that Turnout has names for.
 *
 * @throws TurnoutError invalid_input for a description of nothing, of too much, or of an endpoint that makes neither pictures nor videos
 */
export function recordOf(published: Json, asked: ImportModel): ReadRecord {
  const { provider, endpoint, name, prices, tags } = asked
  const found = locateEndpoint(published, endpoint)
  const kind = requireKind(found, asked)
  const detected = detectSettings(found.input, kind)
  const declared = DECLARED_PROVIDERS.has(provider)
  const transform: Transform = {
    ...(declared && { settings: detected.settings }),
    ...(Object.keys(detected.media).length > 0 && { media: detected.media }),
  }
  const about = (found.about ?? found.input.description) as string | undefined
  const inputs = inputsOf(detected)
  const { title: _, ...schema } = found.input
  const record: ModelPatch = {
    id: asked.id ?? idOf(asked),
    name: name ?? found.title?.slice(0, 200) ?? endpoint,
    ...(about && { description: about.slice(0, 2_000) }),
    provider,
    upstreamId: endpoint,
    input: inputs.length > 0 ? inputs : ['text'],
    output: [kind],
    capabilities: capabilitiesOf(detected),
    limits: limitsOf(found.input, detected, kind),
    inputs: schema,
    transform,
    prices: prices ?? null,
    ...(tags && { tags }),
  }
  if (JSON.stringify(record).length > MOST_CHARACTERS) {
    throw new TurnoutError('invalid_input', `schema must come to at most ${MOST_CHARACTERS} characters.`, {
      param: 'schema',
    })
  }
  return { record, notes: notesOf(found, detected, asked) }
}

function notesOf(
  { output }: PublishedEndpoint,
  { settings }: ReturnType<typeof detectSettings>,
  { prices, output: said }: ImportModel,
): string[] {
  return [
    ...(prices === undefined ? ['No price is known: its calls cost null until the record has prices.'] : []),
    ...(said === undefined && Object.keys(members(output)).length === 0
      ? ['The description has no output; what it makes was told by its category or its name.']
      : []),
    ...(settings.prompt === undefined ? ['It has no input named prompt, so a prompt is left out.'] : []),
  ]
}
