/** A text as PostgreSQL stores it: without U+0000, and without half a surrogate pair. */
export const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '\uFFFD')
