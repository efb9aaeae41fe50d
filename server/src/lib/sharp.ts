let library: Promise<typeof import('sharp').default> | undefined

/**
 * The library for pictures, loaded for the first one: it is large. It keeps no
 * cache and takes one thread for a picture, because several are made at once.
 */
export function loadSharp(): Promise<typeof import('sharp').default> {
  library ??= import('sharp').then(({ default: sharp }) => {
    sharp.cache(false)
    sharp.concurrency(1)
    return sharp
  })
  return library
}
