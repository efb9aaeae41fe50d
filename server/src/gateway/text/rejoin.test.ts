import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TextPart } from '../../core/text.ts'
import { Divergence, Rejoin } from './rejoin.ts'
import { Shown } from './shown.ts'

type Delta = Exclude<TextPart, { type: 'finish' }>

const text = (piece: string): Delta => ({ type: 'text-delta', text: piece })
const call = (index: number, more: object): Delta => ({ type: 'tool-call-delta', index, ...more })

/** A text in pieces of random lengths, whose joints may lie within a character. */
const cutUp = (whole: string, lengths: readonly number[]): string[] => {
  const pieces: string[] = []
  let at = 0
  for (let n = 0; at < whole.length; n += 1) {
    const length = lengths.length === 0 ? whole.length : 1 + lengths[n % lengths.length]!
    pieces.push(whole.slice(at, at + length))
    at += length
  }
  return pieces
}

const shownOf = (parts: readonly Delta[]): Shown => {
  const shown = new Shown()
  for (const part of parts) shown.add(part)
  return shown
}

const rejoined = (shown: Shown, parts: readonly Delta[]) => {
  const rejoin = new Rejoin(shown, shown.text)
  return { fresh: parts.map((part) => rejoin.take(part)).filter((part) => part !== undefined), rejoin }
}

const words = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 })
const lengths = fc.array(fc.nat(7), { maxLength: 5 })

describe('an answer that is begun anew', () => {
  test('adds to what was shown exactly what is missed, however both were cut', () => {
    fc.assert(
      fc.property(words, fc.nat(60), lengths, lengths, (whole, cut, before, after) => {
        const shown = shownOf(cutUp(whole.slice(0, cut), before).map(text))
        const { fresh, rejoin } = rejoined(shown, cutUp(whole, after).map(text))
        const added = fresh.map((part) => (part.type === 'text-delta' ? part.text : '')).join('')
        expect(shown.text + added).toBe(whole)
        expect(rejoin.caughtUp).toBe(true)
        expect(fresh.every((part) => part.type !== 'text-delta' || part.text !== '')).toBe(true)
      }),
    )
  })

  test('is refused where it is another one, before a word of it is shown', () => {
    fc.assert(
      fc.property(words, words, lengths, (one, other, after) => {
        fc.pre(!other.startsWith(one))
        const shown = shownOf([text(one)])
        const rejoin = new Rejoin(shown, shown.text)
        const added: unknown[] = []
        try {
          for (const piece of cutUp(other, after)) added.push(rejoin.take(text(piece)))
        } catch (error) {
          expect(error).toBeInstanceOf(Divergence)
        }
        expect(added.every((part) => part === undefined)).toBe(true)
        expect(rejoin.caughtUp).toBe(false)
      }),
    )
  })

  test('goes on within the calls of tools, which keep their ids', () => {
    const shown = shownOf([text('Let me see.'), call(0, { id: 'a', name: 'clock', arguments: '{"zo' })])
    const { fresh, rejoin } = rejoined(shown, [
      text('Let me '),
      text('see.'),
      call(3, { id: 'x', name: 'clock', arguments: '{"' }),
      call(3, { arguments: 'zone":"CET"}' }),
      call(7, { id: 'y', name: 'rain', arguments: '{}' }),
    ])
    expect(fresh).toEqual([call(0, { arguments: 'ne":"CET"}' }), call(1, { id: 'y', name: 'rain', arguments: '{}' })])
    expect(rejoin.caughtUp).toBe(true)
  })

  test.each<[string, Delta[]]>([
    ['another tool', [call(0, { id: 'x', name: 'rain', arguments: '{}' })]],
    ['other arguments', [call(0, { id: 'x', name: 'clock', arguments: '{"at' })]],
  ])('diverges by %s', (_, parts) => {
    const shown = shownOf([call(0, { id: 'a', name: 'clock', arguments: '{"zone' })])
    expect(() => rejoined(shown, parts)).toThrow(Divergence)
  })

  test('is not whole while a call that was shown has not come', () => {
    const shown = shownOf([text('Hm.'), call(0, { id: 'a', name: 'clock', arguments: '{}' })])
    expect(rejoined(shown, [text('Hm. Noon.')]).rejoin.caughtUp).toBe(false)
  })

  test('shows its thoughts only to whoever has seen none', () => {
    const thought: Delta = { type: 'reasoning-delta', text: 'Hm.' }
    expect(rejoined(shownOf([thought]), [thought]).fresh).toEqual([])
    expect(rejoined(shownOf([text('A')]), [thought]).fresh).toEqual([thought])
  })
})

describe('what is kept', () => {
  test('has a bound, beyond which nothing is', () => {
    const shown = shownOf([text('x'.repeat(100_000)), text('y'.repeat(20_000))])
    expect(shown.lost).toBe(false)
    expect(shown.text).toHaveLength(120_000)
    shown.add(call(0, { name: 'write', arguments: 'z'.repeat(20_000) }))
    expect(shown.lost).toBe(true)
    expect(shown.text).toBe('')
  })
})
