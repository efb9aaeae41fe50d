import { StringDecoder } from 'node:string_decoder'

/** An event of a stream, as the bytes that a provider sends. */
export const event = (value: unknown, name?: string): Buffer =>
  Buffer.from(`${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`)

const FIELD = 'data: '

/**
 * The least that a reader of Server-Sent Events has to do: it puts together
 * what the network has cut, and takes the data of each event. It knows one
 * spelling of line ends, and takes all that follows `data:` for one line.
 */
export function splitter(): (bytes: Uint8Array) => string[] {
  const decoder = new StringDecoder('utf8')
  let text = ''
  return (bytes) => {
    text += decoder.write(bytes as Buffer)
    const found: string[] = []
    let start = 0
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n', start)) {
      const at = text.indexOf(FIELD, start)
      if (at !== -1 && at < end) found.push(text.slice(at + FIELD.length, end))
      start = end + 2
    }
    text = text.slice(start)
    return found
  }
}
