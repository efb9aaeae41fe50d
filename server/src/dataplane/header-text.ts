const NOT_ASCII = /[^\x20-\x7e]/

/** Header values are ASCII; a model's id need not be. */
export function headerText(value: string): string {
  return NOT_ASCII.test(value) ? encodeURIComponent(value) : value
}

/** Clients and proxies refuse answers whose headers are long. */
const MOST_WARNINGS_CHARACTERS = 4_000

/** Sentences as a JSON array in ASCII; those for which there is no room are left out. */
export function warningsText(warnings: readonly string[]): string {
  const sentences: string[] = []
  let room = MOST_WARNINGS_CHARACTERS
  for (const warning of warnings) {
    const sentence = JSON.stringify(warning).replace(/[^\x20-\x7e]/g, (character) => {
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
    })
    room -= sentence.length + 1
    if (room >= 0) sentences.push(sentence)
  }
  return `[${sentences.join(',')}]`
}
