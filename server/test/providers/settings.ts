import { describe, expect, test } from 'vitest'
import type { EmbedCall, MediaAdapter, Transport } from '../../src/core/adapter.ts'
import { TurnoutError } from '../../src/core/error.ts'
import type { ImageCall, VideoCall } from '../../src/core/media.ts'
import type { Picture, TextCall, TextMessage, Tool } from '../../src/core/text.ts'
import { connectTo, type Scripted } from '../../src/providers/testing/connection.ts'
import { mediaCall, untilDone } from './drive.ts'
import { SQUARE, type Subject, TRIP } from './subject.ts'
import type { World } from './world.ts'

/** A setting of a call, beside what it needs to mean something, and how a sentence on it begins to be recognised. */
interface Setting<Call = object> {
  name: string
  needs?: Partial<Call>
  asked: Partial<Call>
  words: RegExp
}

/** Another one than the calls of the subjects have. */
const PICTURE: Picture = {
  base64: Buffer.concat([Buffer.from(SQUARE, 'base64'), Buffer.from('lantern')]).toString('base64'),
  mediaType: 'image/png',
}
/** Nobody's word, so that it is found wherever it goes. */
const OWN_WORDS = { turnout_probe: 'lantern' }

const looking = (detail?: string): TextMessage[] => [
  {
    role: 'user',
    content: [
      { type: 'text', text: 'What is it?' },
      { type: 'image', picture: PICTURE, ...(detail !== undefined && { detail }) },
    ],
  },
]

const tool = (name: string, more: Partial<Tool> = {}): Tool => ({
  name,
  description: `Does ${name}.`,
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
  ...more,
})
const TOOLS = [tool('get_weather'), tool('book_ticket')]

const TEXT: readonly Setting<TextCall>[] = [
  { name: 'maxTokens', asked: { maxTokens: 777 }, words: /max|limit/i },
  { name: 'temperature', asked: { temperature: 0.4 }, words: /temperature/ },
  { name: 'topP', asked: { topP: 0.6 }, words: /top_?p/i },
  { name: 'stop', asked: { stop: ['lantern'] }, words: /stop/ },
  { name: 'seed', asked: { seed: 4711 }, words: /seed/ },
  { name: 'presencePenalty', asked: { presencePenalty: 0.3 }, words: /presence/ },
  { name: 'frequencyPenalty', asked: { frequencyPenalty: 0.3 }, words: /frequency/ },
  { name: 'reasoning', asked: { reasoning: 'low' }, words: /reason|effort|think/ },
  { name: 'user', asked: { user: 'passenger-4711' }, words: /user/ },
  { name: 'output as JSON', asked: { output: { type: 'json' } }, words: /form|output|response_format/ },
  {
    name: 'output by a schema',
    asked: { output: { type: 'schema', name: 'trip', schema: TRIP } },
    words: /form|output|response_format/,
  },
  { name: 'tools', asked: { tools: TOOLS }, words: /tool/ },
  {
    name: 'a strict tool',
    needs: { tools: TOOLS },
    asked: { tools: TOOLS.map((each) => ({ ...each, strict: true })) },
    words: /strict/,
  },
  { name: 'toolChoice required', needs: { tools: TOOLS }, asked: { toolChoice: 'required' }, words: /tool/ },
  {
    name: 'toolChoice by name',
    needs: { tools: TOOLS },
    asked: { toolChoice: { name: 'book_ticket' } },
    words: /tool/,
  },
  { name: 'toolChoice none', needs: { tools: TOOLS }, asked: { toolChoice: 'none' }, words: /tool/ },
  { name: 'parallelToolCalls', needs: { tools: TOOLS }, asked: { parallelToolCalls: false }, words: /tool/ },
  {
    name: 'detail of a picture',
    needs: { messages: looking() },
    asked: { messages: looking('high') },
    words: /detail/,
  },
  { name: 'fields of the record', asked: { defaults: OWN_WORDS }, words: /turnout_probe/ },
]

/** A call has a size or an aspect ratio, never both. */
const NO_SHAPE = { size: undefined, aspectRatio: undefined } as unknown as Partial<ImageCall & VideoCall>

const MEDIA: readonly Setting<ImageCall & VideoCall>[] = [
  { name: 'negativePrompt', asked: { negativePrompt: 'fog' }, words: /negative/ },
  { name: 'size', needs: NO_SHAPE, asked: { size: { width: 1024, height: 768 } }, words: /size/ },
  { name: 'aspectRatio', needs: NO_SHAPE, asked: { aspectRatio: '4:3' }, words: /aspect/ },
  { name: 'seed', asked: { seed: 4711 }, words: /seed/i },
  { name: 'pictures', asked: { pictures: [PICTURE] }, words: /picture|image-to-/ },
  { name: 'fields of the request', asked: { inputs: OWN_WORDS }, words: /turnout_probe/ },
  { name: 'fields of the record', asked: { defaults: OWN_WORDS }, words: /turnout_probe/ },
]

const IMAGE: readonly Setting<ImageCall & VideoCall>[] = [
  ...MEDIA,
  { name: 'count', asked: { count: 2 }, words: /picture/ },
  { name: 'guidanceScale', asked: { guidanceScale: 4 }, words: /guidance/ },
  { name: 'steps', asked: { steps: 23 }, words: /steps/ },
  { name: 'strength', needs: { pictures: [PICTURE] }, asked: { strength: 0.3 }, words: /strength/ },
  { name: 'strength without a picture', asked: { strength: 0.3 }, words: /strength/ },
  { name: 'mask', needs: { pictures: [PICTURE] }, asked: { mask: PICTURE }, words: /mask/ },
  { name: 'loras', asked: { loras: [{ path: 'lantern/lora', scale: 0.8 }] }, words: /lora/i },
  { name: 'style', asked: { style: 'lantern' }, words: /style/ },
  { name: 'quality', asked: { quality: 'high' }, words: /quality/ },
  { name: 'background', asked: { background: 'transparent' }, words: /background/ },
  { name: 'outputFormat', asked: { outputFormat: 'webp' }, words: /format|write/i },
]

const VIDEO: readonly Setting<ImageCall & VideoCall>[] = [
  ...MEDIA,
  { name: 'seconds', asked: { seconds: 7 }, words: /duration|seconds|last/i },
  { name: 'framesPerSecond', asked: { framesPerSecond: 30 }, words: /frame/ },
  { name: 'resolution', asked: { resolution: '1080p' }, words: /resolution/ },
  { name: 'audio', asked: { audio: false }, words: /audio|sound/ },
  { name: 'lastFrame', needs: { pictures: [PICTURE] }, asked: { lastFrame: PICTURE }, words: /last frame|lastFrame/ },
]

const EMBED: readonly Setting<EmbedCall>[] = [
  { name: 'dimensions', asked: { dimensions: 256 }, words: /dimension/ },
  { name: 'fields of the record', asked: { defaults: OWN_WORDS }, words: /turnout_probe/ },
]

/** Every setting of every kind of call. */
export const EVERY_SETTING = { text: TEXT, image: IMAGE, video: VIDEO, embed: EMBED }

/** What became of a call. */
interface Outcome {
  /** Everything that was asked of the provider, in the order of the requests. */
  sent: string
  /** What the client is told: by warnings, or by the error that refuses the call. */
  told: readonly string[]
  /** What a provider refuses has been sent. */
  refusedBy?: 'adapter' | 'provider'
}

/**
 * Asks the provider once for everything, and gives its answers again and again:
 * its double draws whole pictures, and what is asked is all that matters here.
 */
class Rehearsal {
  readonly #known = new Map<string, Scripted[]>()
  readonly #turns = new Map<string, number>()
  /** Places that the calls before have asked everything of. */
  #rehearsed: ReadonlySet<string> = new Set()
  #sent: string[] = []

  /** Begins a call; the boundary of a form is made up anew for each. */
  begin(): void {
    this.#sent = []
    this.#turns.clear()
    this.#rehearsed = new Set(this.#known.keys())
  }

  get sent(): string {
    return this.#sent.join('\n').replace(/turnout-[\da-f-]{36}/g, '')
  }

  through(transport: Transport): Transport {
    return async (url, request) => {
      this.#sent.push(`${url} ${String(request.body ?? '')}`)
      const place = `${request.method} ${new URL(url).pathname}`
      const turn = this.#turns.get(place) ?? 0
      this.#turns.set(place, turn + 1)
      const answers = this.#known.get(place) ?? []
      this.#known.set(place, answers)
      if (!this.#rehearsed.has(place)) {
        const { status, headers, body } = await transport(url, request)
        answers.push({ status, headers, body: Buffer.concat(await Array.fromAsync(body)) })
      }
      return connectTo([answers[Math.min(turn, answers.length - 1)]!]).transport(url, request)
    }
  }
}

/** The codes of a refusal for what was asked. */
const REFUSALS: readonly string[] = ['invalid_input', 'capability_missing', 'model_not_enabled']

/**
 * Every setting of a call goes into the request, or is told of, or is refused
 * by its name; whether what is sent is right is for other tests to say.
 */
export function describeSettings(kind: 'text' | 'image' | 'video' | 'embed', subject: Subject, world: World): void {
  const { model, connection, call } = { call: {}, ...subject[kind]! }
  const rehearsal = new Rehearsal()
  const make = async (more: object): Promise<readonly string[]> => {
    const connected = world.connect(connection)
    const through = { ...connected, transport: rehearsal.through(connected.transport) }
    const { text, embed, [kind]: media } = subject.adapter
    if (kind === 'text') {
      const messages: TextMessage[] = [{ role: 'user', content: [{ type: 'text', text: 'Which trams go there?' }] }]
      return (await text!.generate({ model, messages, ...call, ...more }, through)).warnings
    }
    if (kind === 'embed') return (await embed!.embed({ model, texts: ['a tram'], ...more }, through)).warnings
    const adapter = media as MediaAdapter<ImageCall & VideoCall>
    const count = kind === 'image' ? { count: 1 } : {}
    const asked = { ...mediaCall, ...count, ...call, ...more, model } as ImageCall & VideoCall
    const outcome = await adapter.start(asked, through)
    return (await untilDone(outcome, adapter, through)).warnings
  }
  const outcomeOf = async (more: object): Promise<Outcome> => {
    rehearsal.begin()
    try {
      return { told: await make(more), sent: rehearsal.sent }
    } catch (error) {
      if (!(error instanceof TurnoutError)) throw error
      const { message, param = '', code, upstreamStatus } = error
      expect(REFUSALS, message).toContain(code)
      const refusedBy = upstreamStatus === undefined ? 'adapter' : 'provider'
      return { told: [message, param], sent: rehearsal.sent, refusedBy }
    }
  }
  const settings: readonly Setting[] = EVERY_SETTING[kind]

  describe(`every setting of ${kind}`, () => {
    test.each(settings)('$name is not left out in silence', async ({ needs, asked, words }) => {
      const without = await outcomeOf({ ...needs })
      // What it needs is not to be had, and that is said.
      if (without.refusedBy) return
      const { sent, told, refusedBy } = await outcomeOf({ ...needs, ...asked })
      const isTold = told.some((sentence) => words.test(sentence) && !without.told.includes(sentence))
      if (isTold) return
      expect(refusedBy, `it was refused for another reason: ${told.join(' ')}`).not.toBe('adapter')
      expect(sent).not.toBe(without.sent)
    })
  })
}
