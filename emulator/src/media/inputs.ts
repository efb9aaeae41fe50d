import { decodeDataUrl, type Probe, probePicture } from '../picture/probe.ts'

/** A picture that a request starts from. */
export interface Source {
  /** Undefined where only its URL is known: nothing is fetched. */
  data: Buffer | undefined
  width: number
  height: number
}

/** How a picture may be written into a text field. */
export type Form = 'url' | 'data-url' | 'base64'

/** A picture behind a URL counts as a square of the usual size. */
const BEHIND_URL: Source = { data: undefined, width: 1024, height: 1024 }

function sourceOf(data: Buffer | undefined): Source | undefined {
  const probe: Probe | undefined = data && probePicture(data)
  return probe && { data, width: probe.width, height: probe.height }
}

/** The picture that a text field holds in one of the allowed forms; undefined where it holds none. */
export function readSource(text: string, forms: readonly Form[]): Source | undefined {
  if (text.startsWith('data:')) return forms.includes('data-url') ? sourceOf(decodeDataUrl(text)) : undefined
  const { protocol } = URL.parse(text) ?? {}
  if (protocol === 'http:' || protocol === 'https:') return forms.includes('url') ? BEHIND_URL : undefined
  if (!forms.includes('base64') || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  return sourceOf(Buffer.from(text, 'base64'))
}
