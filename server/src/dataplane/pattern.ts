const PATHS: ReadonlySet<string> = new Set([
  '/v1/chat/completions',
  '/v1/embeddings',
  '/v1/images/generations',
  '/v1/images/edits',
  '/v1/models',
  '/v1/videos',
])
/** Paths that hold a name. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/^\/v1\/models\/./, '/v1/models/:id'],
  [/^\/v1\/artifacts\/./, '/v1/artifacts/:name'],
  [/^\/v1\/videos\/[^/]+$/, '/v1/videos/:id'],
  [/^\/v1\/videos\/[^/]+\/content$/, '/v1/videos/:id/content'],
]

/** What a request is counted under: one of few, whatever clients ask for. */
export function patternOf(path: string): string {
  if (PATHS.has(path)) return path
  return PATTERNS.find(([pattern]) => pattern.test(path))?.[1] ?? 'other'
}
