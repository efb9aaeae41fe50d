import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFileStorage } from '../storage/fs.ts'
import { Artifacts } from './artifacts.ts'

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(5_000, 7)])

let directory: string
let artifacts: Artifacts
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'artifacts-'))
  artifacts = new Artifacts(createFileStorage(directory), Buffer.from('secret'))
})
afterEach(async () => {
  artifacts.stop()
  await rm(directory, { recursive: true })
})

async function* pieces(size: number, end?: Error): AsyncIterable<Uint8Array> {
  for (let at = 0; at < PNG.length; at += size) yield PNG.subarray(at, at + size)
  if (end) throw end
}

async function follow(link: string) {
  const { pathname, searchParams } = new URL(link, 'http://localhost')
  const name = pathname.slice('/v1/artifacts/'.length)
  return artifacts.open(name, searchParams.get('expires'), searchParams.get('signature'))
}

test.each([1, 3, 4_096, 10_000])(
  'bytes that come in pieces of %i are kept under the name of the whole',
  async (size) => {
    const streamed = await artifacts.linkStream(pieces(size))
    const whole = await artifacts.link(PNG)
    expect(streamed.split('?')[0]).toBe(whole.split('?')[0])
    const { bytes, mediaType } = await follow(streamed)
    expect(mediaType).toBe('image/png')
    expect(await buffer(bytes)).toEqual(PNG)
    expect(await readdir(directory)).toHaveLength(1)
  },
)

test('of bytes that end in an error nothing is kept', async () => {
  const broken = new Error('cut')
  await expect(artifacts.linkStream(pieces(100, broken))).rejects.toBe(broken)
  expect(await readdir(directory)).toEqual([])
})
