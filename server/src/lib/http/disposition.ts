/** Characters that a quoted name may have on every system (RFC 6266, appendix D). */
const PLAIN = /[^\x20-\x7e]|["\\/%:*?<>|]/g

const encode = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** The header that says what a body is called, whatever the name holds. */
export function contentDisposition(how: 'inline' | 'attachment', filename: string): string {
  const plain = filename.replace(PLAIN, '_').slice(0, 200)
  return plain === filename
    ? `${how}; filename="${plain}"`
    : `${how}; filename="${plain}"; filename*=UTF-8''${encode(filename)}`
}
