/** The promise, or a rejection where it takes longer. What it does meanwhile is not stopped. */
export function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms).unref()
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}
