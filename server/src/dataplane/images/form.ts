import { TurnoutError } from '../../core/error.ts'
import { type FormPart, MultipartError, parseMultipart } from '../../lib/multipart.ts'

/** The parts of a body. @throws TurnoutError invalid_input */
export function readForm(raw: Buffer, boundary: string): FormPart[] {
  try {
    return parseMultipart(raw, boundary)
  } catch (error) {
    if (error instanceof MultipartError) throw new TurnoutError('invalid_input', error.message)
    throw error
  }
}

/** The values of a form as the JSON that they stand for. */
export function formValues(parts: readonly FormPart[]): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null)
  for (const { name, filename, data } of parts) {
    if (filename !== undefined) continue
    const text = data.toString('utf8')
    const isNumber = name === 'n' || name === 'output_compression' || name === 'partial_images'
    values[name] =
      isNumber && text.trim() !== ''
        ? Number(text)
        : name === 'stream'
          ? text === 'true'
            ? true
            : text === 'false'
              ? false
              : text
          : text
  }
  return values
}

/** The form with other values; undefined takes a part out. */
export function changeParts(parts: readonly FormPart[], changes: Readonly<Record<string, unknown>>): FormPart[] {
  const changed = parts.filter(({ name }) => !Object.hasOwn(changes, name))
  for (const name in changes) {
    const value = changes[name]
    if (value === undefined) continue
    changed.push({ name, filename: undefined, contentType: undefined, data: Buffer.from(String(value)) })
  }
  return changed
}

const isPicture = ({ name, filename }: FormPart): boolean =>
  filename !== undefined && (name === 'image' || name === 'image[]')

/** The files that are to be edited. @throws TurnoutError invalid_input where there are none */
export function pictureParts(parts: readonly FormPart[]): FormPart[] {
  const pictures = parts.filter(isPicture)
  if (pictures.length > 0) return pictures
  throw new TurnoutError(
    'invalid_input',
    'image is required and must be at least one file part named image or image[].',
    { param: 'image' },
  )
}
