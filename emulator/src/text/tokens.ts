/**
 * Pieces of about the size of real tokens: short words with the space before
 * them, longer words in parts, digits by three, punctuation and line breaks
 * alone. Joined, they are the text again.
 */
export function pieces(text: string): string[] {
  return text.match(/ ?\p{L}{1,6}|\p{N}{1,3}|[ \t]+|\n+|[^\p{L}\p{N}\s]{1,2}|./gsu) ?? []
}

/** An estimate of the tokens of a text that does not build the pieces of a very long one. */
export function countTokens(text: string): number {
  return text.length > 200_000 ? Math.ceil(text.length / 4) : pieces(text).length
}

/** Tokens of a picture in a chat: a base and one part for each tile of 512 pixels, as the vision guide counts. */
export function countPictureTokens(width: number, height: number, detail: string): number {
  if (detail === 'low') return 85
  const fit = Math.min(1, 2048 / Math.max(width, height), 768 / Math.min(width, height))
  const tiles = Math.max(1, Math.ceil((width * fit) / 512)) * Math.max(1, Math.ceil((height * fit) / 512))
  return 85 + 170 * tiles
}
