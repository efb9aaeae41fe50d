import { type Owner, resolveInput } from '../inputs/resolve.ts'
import type { InputServices } from '../inputs.ts'
import type { ReadPicture } from './compose/index.ts'

/** Reads the pictures of layers as other inputs are read: from the web, a bucket, our storage, or a data URL. */
export const layerPictures =
  (owner: Owner, services: InputServices): ReadPicture =>
  async (source, param, signal) => {
    const picture = await resolveInput(source, { kind: 'image', links: false, owner, param, signal }, services)
    if ('base64' in picture) return Buffer.from(picture.base64, 'base64')
    throw new Error('an input without links is inline')
  }
