/** What a signal is made of stays as long as it does. */
const sources = new WeakMap<AbortSignal, readonly AbortSignal[]>()

/**
 * Aborted with the first of them. What `AbortSignal.any` gives misses that where
 * nobody listens to it yet and the one that was aborted is collected before
 * somebody asks (nodejs/node#65995), which a time limit is as soon as it is over.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  const any = AbortSignal.any([...signals])
  sources.set(any, signals)
  return any
}
