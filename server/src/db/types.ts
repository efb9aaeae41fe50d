/** The types that both databases are read with, so that a query gives the same values on either. */
import pg from 'pg'

const INT8 = 20
const DATE = 1082

type Parse = (text: string) => unknown

/** How a column of this type becomes a value: bigint for int8, text for dates without a time, pg's own ways for the rest. */
export function typeParser(oid: number): Parse {
  if (oid === INT8) return BigInt
  if (oid === DATE) return String
  return pg.types.getTypeParser(oid, 'text') as Parse
}

function arrayLiteral(items: readonly unknown[]): string {
  const quoted = items.map((item) => {
    if (Array.isArray(item)) return arrayLiteral(item)
    const text = encodeParameter(item)
    return text === null ? 'NULL' : `"${text.replace(/[\\"]/g, '\\$&')}"`
  })
  return `{${quoted.join(',')}}`
}

/** A parameter as the text that PostgreSQL reads, the way that pg does it. */
export function encodeParameter(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return value
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString('hex')}`
  if (Array.isArray(value)) return arrayLiteral(value)
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value)
}
