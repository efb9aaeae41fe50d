import { Readable } from 'node:stream'
import type { JobOutput } from '@turnout/contract'
import { describe, expect, it } from 'vitest'
import type { ArtifactService, Opened } from '../../artifacts/types.ts'
import type { Drawn } from '../../core/media.ts'
import type { WaitedAnswer } from '../../gateway/jobs/waited.ts'
import { encodeKept } from './kept-pictures.ts'

const PICTURES: Readonly<Record<string, Buffer[]>> = {
  art_whole: [Buffer.from('abcdef')],
  art_parts: [Buffer.from('a'), Buffer.from('bcde'), Buffer.from(''), Buffer.from('fg'), Buffer.from('hijk')],
}

const kept = {
  open: async ({ artifact: { id } }: Opened) => ({
    bytes: Readable.from(PICTURES[id]!, { objectMode: true }),
    size: 0,
  }),
} as unknown as ArtifactService

/** A job that has made the pictures. */
const madeOf = (ids: string[], more: Partial<JobOutput> = {}, drawn?: Drawn) =>
  ({
    job: {
      outputs: ids.map((id) => ({ url: `https://edge.example/${id}`, seed: null, revisedPrompt: null, ...more })),
      usage: {},
      warnings: [],
      mapped: [],
    },
    pictures: ids.map((id) => ({ id, bytes: more.bytes ?? Buffer.concat(PICTURES[id]!).length })),
    drawn,
  }) as unknown as WaitedAnswer

describe('the answer out of storage', () => {
  it('has the bytes as base64, however they come', async () => {
    const answer = JSON.parse(String(await encodeKept(kept, madeOf(['art_parts', 'art_whole']), false)))
    expect(answer.data).toEqual([
      { b64_json: Buffer.from('abcdefghijk').toString('base64') },
      { b64_json: Buffer.from('abcdef').toString('base64') },
    ])
  })

  it('is not led astray by texts that look like it', async () => {
    const revisedPrompt = '"b64_json":"\u0001" – ❄'
    const answer = JSON.parse(String(await encodeKept(kept, madeOf(['art_whole'], { revisedPrompt, seed: 3 }), false)))
    const b64_json = Buffer.from('abcdef').toString('base64')
    expect(answer.data).toEqual([{ b64_json, revised_prompt: revisedPrompt, seed: 3 }])
  })

  it('has links where they are asked for', async () => {
    const answer = JSON.parse(String(await encodeKept(kept, madeOf(['art_whole']), true)))
    expect(answer.data).toEqual([{ url: 'https://edge.example/art_whole' }])
  })

  it('says how the pictures were made, as the provider has told it', async () => {
    const told = { size: '1024x1024', quality: 'low' }
    const answer = JSON.parse(String(await encodeKept(kept, madeOf(['art_whole'], {}, told), true)))
    expect(answer).toMatchObject({ ...told, data: [expect.anything()] })
  })

  it('fails where the bytes are not those that were kept', async () => {
    await expect(encodeKept(kept, madeOf(['art_whole'], { bytes: 30 }), false)).rejects.toThrow('not as long')
  })
})
