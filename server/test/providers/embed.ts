import { describe, expect, test, vi } from 'vitest'
import type { EmbedSubject, Subject } from './subject.ts'
import { failureOf, type World } from './world.ts'

/** What every embedding model does. */
export function describeEmbed({ adapter }: Subject, embed: EmbedSubject, world: World): void {
  const ask = (texts: string[], signal?: AbortSignal, dimensions?: number) =>
    adapter.embed!.embed(
      { model: embed.model, texts, dimensions },
      world.connect(embed.connection, signal && { signal }),
    )

  describe('embeddings', () => {
    test('are as many vectors as texts, in their order', async () => {
      const texts = embed.single ? ['a tram'] : ['a tram', 'a boat', 'a tram']
      const { vectors, usage, warnings } = await ask(texts)
      expect(vectors).toHaveLength(texts.length)
      expect(warnings).toEqual([])
      expect(vectors[0]!.length).toBeGreaterThan(100)
      expect(vectors[0]).toEqual(vectors[vectors.length - 1])
      if (texts.length > 1) expect(vectors[0]).not.toEqual(vectors[1])
      if (embed.uncounted) expect(usage.inputTokens).toBeUndefined()
      else expect(usage.inputTokens).toBe(world.emulator.bill().inputTokens)
    })

    test.skipIf(embed.dimensions === undefined)('are as long as asked', async () => {
      const { vectors } = await ask(['a tram'], undefined, embed.dimensions)
      expect(vectors.map(({ length }) => length)).toEqual([embed.dimensions])
    })

    test('fail as everything else does', async () => {
      world.fail({ kind: 'reset' })
      expect(await failureOf(ask(['a tram']))).toMatchObject({ code: 'connection', delivered: true })
      world.fail({ kind: 'malformed', atChunk: 0 })
      expect(await failureOf(ask(['a tram']))).toMatchObject({ code: 'invalid_output' })
      const signal = world.silence()
      await expect(ask(['a tram'], signal)).rejects.toSatisfy((error) => error === signal.reason)
      await vi.waitFor(() => expect(world.emulator.aborted()).toHaveLength(1))
    })
  })
}
