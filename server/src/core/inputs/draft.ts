import type { TransformSettings } from '@turnout/contract'
import { isObject } from '../../lib/objects.ts'
import type { ImageRequest } from '../image/request.ts'
import type { InputProblem } from '../input.ts'
import type { Picture } from '../text.ts'
import type { VideoRequest } from '../video/request.ts'
import { keyOf } from './plan.ts'
import type { MediaReference, MediaRequest, Reading, ReferenceKind } from './types.ts'

/** One input or option of a client. */
interface Given {
  name: string
  path: string
  value: unknown
}

interface Placed {
  value: string
  path: string
  /** Undefined for those that have no place of their own among the pictures. */
  slot: number | undefined
}

type Setting = keyof TransformSettings

const NUMBERS: ReadonlySet<Setting> = new Set([
  'count',
  'seed',
  'steps',
  'guidanceScale',
  'strength',
  'framesPerSecond',
])

/** The value of a setting in Turnout's own form; undefined for one that is none, such as the ratio `auto`. */
function settingFrom(setting: Setting, value: unknown): unknown {
  if (NUMBERS.has(setting)) return typeof value === 'number' ? value : undefined
  switch (setting) {
    case 'audio':
      return typeof value === 'boolean' ? value : undefined
    case 'seconds': {
      const text = /^(\d+(?:\.\d+)?)s?$/.exec(String(value))
      return text ? Number(text[1]) : undefined
    }
    case 'aspectRatio':
      return typeof value === 'string' && /^[1-9]\d*:[1-9]\d*$/.test(value) ? value : undefined
    case 'background':
      return value === 'transparent' || value === 'opaque' || value === 'auto' ? value : undefined
    default:
      return typeof value === 'string' ? value : undefined
  }
}

/** Weights may also be named by words that their provider knows: those are nothing to look for. */
const isAddress = (path: string): boolean => /^(https?|s3|data):/i.test(path) || /^(art|file|upl)_/.test(path)

/** A request as it comes together from its inputs. */
export class Draft {
  readonly #settings: Record<string, unknown> = {}
  readonly #names: Record<string, string> = {}
  readonly #inputs: Record<string, unknown> = {}
  readonly #references: MediaReference[] = []
  readonly #pictures: Placed[] = []
  readonly #loras: { path: string; scale?: number; from: string }[] = []
  readonly #said = new Map<string, Given>()
  readonly #problems: InputProblem[] = []
  #lora: { path?: Given; scale?: Given } = {}

  add(reading: Reading, given: Given): void {
    const { value, path } = given
    if (this.#contradicts(reading, given)) return
    switch (reading.to) {
      case 'setting': {
        const own = settingFrom(reading.setting, value)
        if (own === undefined) this.#keep([given.name], given)
        else this.#set(reading.setting, own, path)
        return
      }
      case 'side':
        this.#set(reading.side, value, path)
        return
      case 'size':
        this.#addSize(given)
        return
      case 'picture':
        this.#addPicture(value, path, reading.slot ?? 0)
        return
      case 'pictures':
        for (const [index, each] of [value].flat().entries()) {
          this.#addPicture(each, Array.isArray(value) ? `${path}[${index}]` : path, undefined)
        }
        return
      case 'mask':
      case 'lastFrame':
        this.#addFile(reading.to, value, path)
        return
      case 'loraPath':
        this.#lora.path = given
        return
      case 'loraScale':
        this.#lora.scale = given
        return
      case 'loras':
        this.#addLoras(value, path)
        return
      case 'input':
        this.#keep(reading.path, given, reading.media)
    }
  }

  #set(setting: string, value: unknown, path: string): void {
    this.#settings[setting] = value
    this.#names[setting] = path
  }

  /** Two names of one thing may be used at once only where they say the same. */
  #contradicts(reading: Reading, given: Given): boolean {
    if (reading.to === 'pictures' || reading.to === 'loras' || reading.to === 'loraPath') return false
    const key = keyOf(reading)
    const before = this.#said.get(key)
    if (before === undefined) {
      this.#said.set(key, given)
      return false
    }
    if (JSON.stringify(before.value) !== JSON.stringify(given.value)) {
      this.#problems.push({
        path: given.path,
        message: `says otherwise than ${before.path}, which is the same; send one of them`,
      })
    }
    return true
  }

  #addSize(given: Given): void {
    const { value, path } = given
    const text = typeof value === 'string' ? /^(\d+)x(\d+)$/.exec(value) : null
    const { width, height } = text ? { width: Number(text[1]), height: Number(text[2]) } : isObject(value) ? value : {}
    if (typeof width !== 'number' || typeof height !== 'number') {
      this.#keep([given.name], given)
      return
    }
    this.add({ to: 'side', side: 'width' }, { ...given, value: width, path: text ? path : `${path}.width` })
    this.add({ to: 'side', side: 'height' }, { ...given, value: height, path: text ? path : `${path}.height` })
  }

  #addPicture(value: unknown, path: string, slot: number | undefined): void {
    if (typeof value === 'string') this.#pictures.push({ value, path, slot })
  }

  #addFile(setting: 'mask' | 'lastFrame', value: unknown, path: string): void {
    if (typeof value !== 'string') return
    this.#set(setting, { url: value } satisfies Picture, path)
    this.#references.push({ path, value, kind: 'image', at: [setting] })
  }

  #addLoras(value: unknown, path: string): void {
    for (const [index, each] of [value].flat().entries()) {
      if (!isObject(each) || typeof each.path !== 'string') continue
      const { scale } = each
      this.#loras.push({
        path: each.path,
        ...(typeof scale === 'number' && { scale }),
        from: `${path}[${index}].path`,
      })
    }
  }

  /** An input in the provider's own words. */
  #keep(keys: readonly string[], { value, path }: Given, media?: ReferenceKind): void {
    let at = this.#inputs
    for (const key of keys.slice(0, -1)) {
      at[key] = isObject(at[key]) ? { ...at[key] } : {}
      at = at[key] as Record<string, unknown>
    }
    at[keys.at(-1)!] = value
    if (media === undefined) return
    const refer = (each: unknown, to: string, place: readonly (string | number)[]) => {
      if (typeof each === 'string') {
        if (media !== 'weights' || isAddress(each))
          this.#references.push({ path: to, value: each, kind: media, at: place })
      } else if (isObject(each)) {
        const key = media === 'weights' ? 'path' : 'url'
        refer(each[key], `${to}.${key}`, [...place, key])
      }
    }
    if (!Array.isArray(value)) refer(value, path, ['inputs', ...keys])
    else for (const [index, each] of value.entries()) refer(each, `${path}[${index}]`, ['inputs', ...keys, index])
  }

  /** A field that is sent whatever the request says. */
  keep(name: string, value: unknown): void {
    this.#inputs[name] = value
  }

  problems(): InputProblem[] {
    const { path, scale } = this.#lora
    const lone = scale !== undefined && path === undefined
    return [
      ...this.#problems,
      ...(lone ? [{ path: scale.path, message: 'must come with lora_url, whose strength it is' }] : []),
    ]
  }

  /** What both kinds of request have, with the references that lead into them. */
  #common() {
    const pictures = [...this.#pictures].sort(
      (a, b) => (a.slot ?? Number.POSITIVE_INFINITY) - (b.slot ?? Number.POSITIVE_INFINITY) || 0,
    )
    const references = [
      ...pictures.map(({ path, value }, index) => ({ path, value, kind: 'image' as const, at: ['pictures', index] })),
      ...this.#references,
    ]
    const names = { ...this.#names, ...(pictures[0] && { pictures: pictures[0].path.replace(/\[0\]$/, '') }) }
    const common = {
      prompt: '',
      count: 1,
      ...this.#settings,
      ...(pictures.length > 0 && { pictures: pictures.map(({ value }) => ({ url: value })) }),
      inputs: this.#inputs,
      inputsChecked: true as const,
    }
    return { common, references, names }
  }

  image(): MediaRequest {
    const { common, references, names } = this.#common()
    const { path, scale } = this.#lora
    const all = [
      ...(path ? [{ path: String(path.value), from: path.path, ...(scale && { scale: Number(scale.value) }) }] : []),
      ...this.#loras,
    ]
    const weights = all.flatMap(({ path: value, from }, index): MediaReference[] =>
      isAddress(value) ? [{ path: from, value, kind: 'weights', at: ['loras', index, 'path'] }] : [],
    )
    const request: ImageRequest = {
      ...common,
      ...(all.length > 0 && { loras: all.map(({ from: _, ...lora }) => lora) }),
    }
    return {
      kind: 'image',
      request,
      references: [...references, ...weights],
      names: { ...names, ...(all[0] && { loras: all[0].from }), inputs: 'inputs' },
    }
  }

  video(): MediaRequest {
    const { common, references, names } = this.#common()
    return { kind: 'video', request: common as VideoRequest, references, names: { ...names, inputs: 'inputs' } }
  }
}
