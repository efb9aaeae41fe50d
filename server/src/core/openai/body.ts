/**
 * The request that goes upstream, made from the client's bytes. Where only the
 * model's name differs the bytes are cut open and put together again, because
 * a body may hold megabytes of pictures that need not be written anew.
 */
export function changeBody(
  raw: Buffer,
  parsed: Readonly<Record<string, unknown>>,
  changes: Readonly<Record<string, unknown>>,
): Buffer {
  const names = Object.keys(changes)
  if (names.length === 0) return raw
  const added: string[] = []
  let spliced: Buffer | undefined = raw
  for (const name of names) {
    const value = changes[name]
    if (name === 'model' && typeof value === 'string' && typeof parsed.model === 'string') {
      spliced = spliced && replaceModel(spliced, parsed.model, value)
    } else if (value !== undefined && !(name in parsed)) {
      added.push(`${JSON.stringify(name)}:${JSON.stringify(value)},`)
    } else {
      spliced = undefined
    }
  }
  if (spliced === undefined) return Buffer.from(JSON.stringify({ ...parsed, ...changes }))
  if (added.length === 0) return spliced
  const open = spliced.indexOf(0x7b) + 1
  return Buffer.concat([spliced.subarray(0, open), Buffer.from(added.join('')), spliced.subarray(open)])
}

const MODEL_KEY = Buffer.from('"model"')
/** The letters of `model` begin with 6 in hexadecimal: a key written as `"mod\\u0065l"` holds these bytes. */
const HIDDEN_LETTER = Buffer.from('\\u006')

/**
 * The body with another model; undefined where it is not certain which bytes
 * name it. Inside a string a quote is escaped, so bytes that read `"model"`
 * are a key or a whole value. If they stand there just once, and no key hides
 * behind escapes, they are the key at the top, since parsing found one there.
 */
function replaceModel(raw: Buffer, from: string, to: string): Buffer | undefined {
  const at = raw.indexOf(MODEL_KEY)
  if (at === -1 || raw.indexOf(MODEL_KEY, at + 1) !== -1 || raw.includes(HIDDEN_LETTER)) return undefined
  const value = Buffer.from(JSON.stringify(from))
  const start = raw.indexOf(value, at + MODEL_KEY.length)
  if (start === -1 || !/^\s*:\s*$/.test(raw.toString('latin1', at + MODEL_KEY.length, start))) return undefined
  return Buffer.concat([raw.subarray(0, start), Buffer.from(JSON.stringify(to)), raw.subarray(start + value.length)])
}
