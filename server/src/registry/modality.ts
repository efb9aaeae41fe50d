import type { Modality } from '@turnout/contract'

/** What a name says of what the model makes. */
const NAMES: readonly [RegExp, Modality][] = [
  [/\bembed(?:ding)?\b/i, 'embedding'],
  [/\b(?:video|veo|sora|t2v|i2v)\b/i, 'video'],
  [/\b(?:image|imagen|dall.?e|canvas|diffusion|sdxl|flux|nano.?banana)\b/i, 'image'],
]

/** These draw, whatever the name of the model says. */
const DRAWING: ReadonlySet<string> = new Set(['stability', 'bfl', 'recraft'])

/** What a model probably makes, where no source says it. */
export function guessOutput(provider: string, upstreamId: string): Modality {
  const named = NAMES.find(([pattern]) => pattern.test(upstreamId))?.[1]
  return named ?? (DRAWING.has(provider) ? 'image' : 'text')
}
