import { describe, expect, test } from 'vitest'
import { keepsChat, keepsPictures } from './kept.ts'

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
const chat = (...ends: unknown[]) => bytes({ choices: ends.map((finish_reason, index) => ({ index, finish_reason })) })
const stream = (...events: object[]) =>
  Buffer.from(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
const piece = (index: number, finish_reason: string | null) => ({ choices: [{ index, delta: {}, finish_reason }] })

describe('a chat may be given again', () => {
  test.each([
    ['that has ended', chat('stop'), true],
    ['that calls tools', chat('tool_calls'), true],
    ['that came to its limit', chat('length'), true],
    ['that was withheld', chat('content_filter'), false],
    ['of which one choice was withheld', chat('stop', 'content_filter'), false],
    ['without an end', chat(null), false],
    ['without choices', bytes({ choices: [] }), false],
    ['that is none', Buffer.from('nothing'), false],
  ])('one %s', (_, body, kept) => {
    expect(keepsChat(body, false)).toBe(kept)
  })

  test.each([
    ['that has ended', stream(piece(0, null), piece(0, 'stop'), { choices: [] }), true],
    ['with several choices', stream(piece(0, 'stop'), piece(1, 'length')), true],
    ['of which one choice has not ended', stream(piece(0, 'stop'), piece(1, null)), false],
    ['of which one was withheld', stream(piece(1, 'content_filter'), piece(0, 'stop')), false],
    ['of which one never came', stream(piece(1, 'stop')), false],
    ['without events', Buffer.from(': nothing\n\n'), false],
    ['that is damaged', Buffer.from('data: {"choices"\n\n'), false],
  ])('a stream %s', (_, body, kept) => {
    expect(keepsChat(body, true)).toBe(kept)
  })
})

test.each([
  ['all of them', [{ b64_json: 'AA' }, { b64_json: 'AA' }], true],
  ['fewer than were asked for', [{ b64_json: 'AA' }], false],
  ['one as a link', [{ b64_json: 'AA' }, { url: 'https://assets.example/a.png' }], false],
  ['one that failed', [{ b64_json: 'AA' }, null], false],
])('pictures may be given again: %s', (_, data, kept) => {
  expect(keepsPictures(bytes({ data }), 2)).toBe(kept)
  expect(keepsPictures(bytes({}), 2)).toBe(false)
  expect(keepsPictures(Buffer.from('nothing'), 2)).toBe(false)
})
