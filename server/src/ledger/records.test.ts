import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endLine, startLine, withoutEndedStarts } from './records.ts'
import type { AttemptStart } from './types.ts'

const START: AttemptStart = {
  id: 'att_1',
  requestId: 'req_1',
  attempt: 2,
  operation: 'chat',
  model: 'gpt-4o-mini',
  provider: 'openai',
  upstreamModel: 'gpt-4o-mini-2024-07-18',
  keyId: null,
  user: 'somebody',
  startedAt: 1_800_000_000_123,
  streamed: true,
  emulated: false,
}

const IDENTITY = {
  id: 'att_1',
  request_id: 'req_1',
  attempt: 2,
  operation: 'chat',
  model: 'gpt-4o-mini',
  provider: 'openai',
  upstream_model: 'gpt-4o-mini-2024-07-18',
  key_id: null,
  user_id: 'somebody',
  started_at: 1_800_000_000_123,
  streamed: true,
  emulated: false,
}

test('the start line identifies the attempt', () => {
  expect(JSON.parse(startLine(START))).toEqual({ ...IDENTITY, outcome: 'running' })
})

test('the end line does too, and says what came of it', () => {
  const line = endLine(startLine(START), {
    outcome: 'failed',
    errorCode: 'timeout',
    latencyMs: 12.6,
    firstPartMs: 3.2,
    usage: { inputTokens: 5, outputTokens: undefined, megapixels: 0.79, seconds: Number.NaN },
    cost: 12n,
    upstreamRequestId: 'up_1',
  })
  expect(JSON.parse(line)).toEqual({
    ...IDENTITY,
    outcome: 'failed',
    error_code: 'timeout',
    latency_ms: 13,
    first_part_ms: 3,
    usage: { inputTokens: 5, megapixels: 0.79 },
    cost_nano: 12,
    upstream_request_id: 'up_1',
  })
})

test('a cost keeps every digit, and an unknown one is absent', () => {
  const end = { outcome: 'succeeded', latencyMs: 1, usage: {} } as const
  expect(endLine(startLine(START), { ...end, cost: 9_223_372_036_854_775_807n })).toContain(
    '"cost_nano":9223372036854775807',
  )
  expect(JSON.parse(endLine(startLine(START), { ...end, cost: null }))).not.toHaveProperty('cost_nano')
})

test('property: any string survives on one line, but for what PostgreSQL cannot store', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (user, model) => {
      const line = startLine({ ...START, user, model })
      expect(line).not.toMatch(/[\r\n\0]/)
      const parsed = JSON.parse(line) as Record<string, unknown>
      expect(parsed.user_id).toBe(user.toWellFormed().replaceAll('\0', '\uFFFD'))
      expect(parsed.model).toBe(model)
    }),
  )
})

test('a start is left out once its end follows, and kept while it runs', () => {
  const [a, b, c] = ['att_a', 'att_b', 'att_c'].map((id) => ({ ...START, id })) as [
    AttemptStart,
    AttemptStart,
    AttemptStart,
  ]
  const end = { outcome: 'succeeded' as const, latencyMs: 5, usage: {}, cost: null }
  const lines = [startLine(a), startLine(b), endLine(startLine(a), end), startLine(c), endLine(startLine(c), end)]
  const text = (chosen: readonly string[]) => chosen.map((line) => `${line}\n`).join('')
  expect(withoutEndedStarts(text(lines))).toBe(text([lines[1]!, lines[2]!, lines[4]!]))
  expect(withoutEndedStarts('')).toBe('')
})
