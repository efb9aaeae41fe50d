import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFileStorage } from '../storage/fs.ts'
import { TemporaryPictures } from './temporary.ts'

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(5_000, 7)])
const HOUR = 3_600_000

let directory: string
let pictures: TemporaryPictures
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'temporary-'))
  pictures = new TemporaryPictures(createFileStorage(directory), Buffer.from('secret'))
})
afterEach(() => rm(directory, { recursive: true }))

async function* pieces(size: number, end?: Error): AsyncIterable<Uint8Array> {
  for (let at = 0; at < PNG.length; at += size) yield PNG.subarray(at, at + size)
  if (end) throw end
}
const partsOf = (link: string) => {
  const { pathname, searchParams } = new URL(link, 'http://localhost')
  const name = pathname.slice('/v1/artifacts/'.length)
  return [name, searchParams.get('expires'), searchParams.get('signature')] as const
}

test.each([1, 3, 4_096, 10_000])('bytes that come in pieces of %i are behind the link', async (size) => {
  const { bytes, mediaType } = await pictures.open(...partsOf(await pictures.link(pieces(size))))
  expect(mediaType).toBe('image/png')
  expect(await buffer(bytes)).toEqual(PNG)
})

test('bytes that are held are, too, and their link holds for them alone', async () => {
  const [name, expires, signature] = partsOf(await pictures.link(PNG))
  expect(await buffer((await pictures.open(name, expires, signature)).bytes)).toEqual(PNG)
  const [other] = partsOf(await pictures.link(PNG))
  await expect(pictures.open(other, expires, signature)).rejects.toThrow('signature of the link is wrong')
  await expect(pictures.open(name, `${expires}0`, signature)).rejects.toThrow('signature of the link is wrong')
  await expect(pictures.open(name, null, null)).rejects.toMatchObject({ code: 'permission' })
})

test('of bytes that end in an error nothing is kept', async () => {
  const broken = new Error('cut')
  await expect(pictures.link(pieces(100, broken))).rejects.toBe(broken)
  expect(await readdir(join(directory, 'links')).catch(() => [])).toEqual([])
})

test('what no link leads to any more is deleted', async () => {
  const parts = partsOf(await pictures.link(PNG))
  await pictures.prune(Date.now() + HOUR)
  await buffer((await pictures.open(...parts)).bytes)
  await pictures.prune(Date.now() + 2.1 * HOUR)
  await expect(pictures.open(...parts)).rejects.toMatchObject({ code: 'not_found' })
})
