import { Readable } from 'node:stream'
import type { Job, JobOutput } from '@turnout/contract'
import { describe, expect, it } from 'vitest'
import type { ArtifactService, Opened } from '../../artifacts/types.ts'
import { encodeKept } from './kept-pictures.ts'

const PICTURES: Readonly<Record<string, Buffer[]>> = {
  art_whole: [Buffer.from('abcdef')],
  art_parts: [Buffer.from('a'), Buffer.from('bcde'), Buffer.from(''), Buffer.from('fg'), Buffer.from('hijk')],
}

const kept = {
  describe: async (id: string) => ({ artifact: { id } }) as Opened,
  open: async ({ artifact: { id } }: Opened) => ({
    bytes: Readable.from(PICTURES[id]!, { objectMode: true }),
    size: 0,
  }),
} as unknown as ArtifactService

/** A job that has made the pictures. */
const jobOf = (ids: string[], more: Partial<JobOutput> = {}) =>
  ({
    outputs: ids.map((artifactId) => ({
      artifactId,
      url: `https://edge.example/${artifactId}`,
      bytes: Buffer.concat(PICTURES[artifactId]!).length,
      seed: null,
      revisedPrompt: null,
      ...more,
    })),
    usage: {},
    warnings: [],
    mapped: [],
  }) as unknown as Job

describe('the answer out of storage', () => {
  it('has the bytes as base64, however they come', async () => {
    const answer = JSON.parse(String(await encodeKept(kept, jobOf(['art_parts', 'art_whole']), undefined, false)))
    expect(answer.data).toEqual([
      { b64_json: Buffer.from('abcdefghijk').toString('base64') },
      { b64_json: Buffer.from('abcdef').toString('base64') },
    ])
  })

  it('is not led astray by texts that look like it', async () => {
    const revisedPrompt = '"b64_json":"\u0001" – ❄'
    const answer = JSON.parse(
      String(await encodeKept(kept, jobOf(['art_whole'], { revisedPrompt, seed: 3 }), undefined, false)),
    )
    const b64_json = Buffer.from('abcdef').toString('base64')
    expect(answer.data).toEqual([{ b64_json, revised_prompt: revisedPrompt, seed: 3 }])
  })

  it('has links where they are asked for', async () => {
    const answer = JSON.parse(String(await encodeKept(kept, jobOf(['art_whole']), undefined, true)))
    expect(answer.data).toEqual([{ url: 'https://edge.example/art_whole' }])
  })

  it('says how the pictures were made, as the provider has told it', async () => {
    const told = { size: '1024x1024', quality: 'low' }
    const answer = JSON.parse(String(await encodeKept(kept, jobOf(['art_whole']), told, true)))
    expect(answer).toMatchObject({ ...told, data: [expect.anything()] })
  })

  it('fails where the bytes are not those that were kept', async () => {
    await expect(encodeKept(kept, jobOf(['art_whole'], { bytes: 30 }), undefined, false)).rejects.toThrow('not as long')
  })
})
