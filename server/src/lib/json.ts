/** Why a body is not usable JSON; the message is for the client. */
export class JsonError extends Error {
  override readonly name = 'JsonError'
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const CHECK_BYTES_ABOVE = 64 * 1024

/** Whether the string that opens at `open` ends at `close`: an odd number of backslashes escapes the quote. */
function closes(bytes: Buffer, open: number, close: number): boolean {
  let backslashes = 0
  for (let i = close - 1; i > open && bytes[i] === BACKSLASH; i -= 1) backslashes += 1
  return backslashes % 2 === 0
}

/** The deepest nesting, read from the bytes; strings are skipped at the speed of a native search. */
function deeperThan(bytes: Buffer, maxDepth: number): boolean {
  let depth = 0
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]
    if (byte === 0x7b || byte === 0x5b) {
      depth += 1
      if (depth > maxDepth) return true
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1
    } else if (byte === QUOTE) {
      let close = bytes.indexOf(QUOTE, i + 1)
      while (close !== -1 && !closes(bytes, i, close)) close = bytes.indexOf(QUOTE, close + 1)
      if (close === -1) return false
      i = close
    }
  }
  return false
}

function nestsDeeperThan(value: unknown, maxDepth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (maxDepth === 0) return true
  if (Array.isArray(value)) {
    for (const item of value) if (nestsDeeperThan(item, maxDepth - 1)) return true
    return false
  }
  for (const key in value) if (nestsDeeperThan((value as Record<string, unknown>)[key], maxDepth - 1)) return true
  return false
}

/**
 * Parses a JSON object. A large body is measured before it is parsed, because
 * megabytes of brackets would become gigabytes of arrays; a small one after,
 * because walking it costs less than reading its bytes.
 *
 * @throws JsonError
 */
export function parseJsonObject(bytes: Buffer, maxDepth: number): Record<string, unknown> {
  const large = bytes.length > CHECK_BYTES_ABOVE
  const tooDeep = `The body nests deeper than ${maxDepth} levels.`
  if (large && deeperThan(bytes, maxDepth)) throw new JsonError(tooDeep)
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw new JsonError(
      bytes.length === 0
        ? 'The body is empty; a JSON object is needed.'
        : `The body is not valid JSON: ${(error as Error).message}`,
    )
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new JsonError('The body must be a JSON object.')
  }
  if (!large && nestsDeeperThan(value, maxDepth)) throw new JsonError(tooDeep)
  return value as Record<string, unknown>
}
