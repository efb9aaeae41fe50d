import { expect, test } from 'vitest'
import type { Media } from '../../core/media.ts'
import { SafeFetcher } from '../../lib/http/safe-fetch.ts'
import { connectTo } from '../../providers/testing/connection.ts'
import { collect, toBase64 } from './outputs.ts'

const collected = (media: Omit<Media, 'mediaType'>) => {
  const connection = connectTo([])
  const source = {
    provider: 'house',
    adapter: { links: false, start: async () => expect.unreachable() },
    connection,
    signal: connection.signal,
    sink: toBase64,
  }
  return collect({ mediaType: 'image/png', ...media }, source, { fetcher: new SafeFetcher() })
}

test.each(['http://', 'https://[bad', 'http:', 'file:///etc/passwd', 'javascript:alert(1)'])(
  'an output at %j is told as one that cannot be had',
  async (url) => {
    expect(await collected({ url })).toMatchObject({ error: { code: 'invalid_output' } })
  },
)

test.each<[string, Omit<Media, 'mediaType'>]>([
  ['in the answer', { bytes: Buffer.alloc(0) }],
  ['as its body', { body: (async function* () {})() }],
  ['in a data URL', { url: 'data:image/png;base64,!!!!' }],
])('an empty output %s is none', async (_, media) => {
  expect(await collected(media)).toMatchObject({ error: { code: 'invalid_output' } })
})
