import type { ErrorCode } from '@turnout/contract'
import { describe, expect, test } from 'vitest'
import { TurnoutError, type TurnoutErrorOptions } from '../error.ts'
import { DEFAULT_RETRY } from '../retry.ts'
import { sameAgain } from './again.ts'
import { exhaustedUntil, readReset } from './rate-headers.ts'
import { isSurelyUnmade, triggerOf } from './triggers.ts'

const error = (code: ErrorCode, options: TurnoutErrorOptions = {}, message = 'It failed.') =>
  new TurnoutError(code, message, options)

describe('the trigger', () => {
  test.each<[TurnoutError, string | undefined]>([
    [error('timeout'), 'timeout'],
    [error('authentication'), 'permission'],
    [error('model_not_enabled'), 'permission'],
    [error('billing'), 'billing'],
    [error('content_policy'), 'content_policy'],
    [error('invalid_input'), undefined],
    [error('invalid_input', { upstreamCode: 'context_length_exceeded' }), 'context_window'],
    [error('invalid_input', {}, 'prompt is too long: 210000 tokens > 200000 maximum'), 'context_window'],
    [
      error('invalid_input', {}, 'The input token count exceeds the maximum number of tokens allowed.'),
      'context_window',
    ],
    [error('invalid_input', {}, 'max_tokens must be at least 1.'), undefined],
    [error('canceled'), undefined],
    [error('budget_exceeded'), undefined],
    [error('unknown_outcome'), undefined],
    [error('internal'), undefined],
  ])('of $code, $message', (failure, trigger) => {
    expect(triggerOf(failure)).toBe(trigger)
  })
})

describe('what is paid for on acceptance', () => {
  test.each<[TurnoutError, boolean]>([
    [error('overloaded', { upstreamStatus: 503 }), true],
    [error('connection', { delivered: false }), true],
    [error('content_policy'), true],
    [error('unknown_outcome'), false],
    [error('invalid_output', { upstreamStatus: 200 }), false],
    [error('connection'), false],
  ])('is ordered elsewhere only where surely nothing was made: $code', (failure, unmade) => {
    expect(isSurelyUnmade(failure)).toBe(unmade)
  })
})

describe('the same deployment again, though others could be asked', () => {
  test.each<[string, TurnoutError, number, boolean]>([
    ['a first 503', error('overloaded', { upstreamStatus: 503 }), 0, true],
    ['a second one', error('overloaded', { upstreamStatus: 503 }), 1, false],
    ['a 503 that asks to wait', error('overloaded', { upstreamStatus: 503, retryAfterMs: 5_000 }), 0, false],
    ['a reset', error('connection'), 0, true],
    ['nobody there', error('connection', { delivered: false }), 0, false],
    ['silence', error('timeout'), 0, false],
    ['a 429', error('rate_limit', { upstreamStatus: 429 }), 0, false],
    ['a 429 with a short wait', error('rate_limit', { upstreamStatus: 429, retryAfterMs: 500 }), 0, true],
    ['a 429 with a long wait', error('rate_limit', { upstreamStatus: 429, retryAfterMs: 5_000 }), 0, false],
    ['a refusal', error('authentication', { upstreamStatus: 401 }), 0, false],
    ['what may not be repeated', error('upstream_error', { upstreamStatus: 500, retryable: false }), 0, false],
  ])('after %s: %#', (_, failure, retries, helps) => {
    const delay = sameAgain(DEFAULT_RETRY, failure, retries, 0.5)
    expect(delay !== null).toBe(helps)
    expect(delay ?? 0).toBeLessThanOrEqual(600)
  })

  test('not where the policy allows no retry', () => {
    expect(sameAgain({ ...DEFAULT_RETRY, maxRetries: 0 }, error('connection'), 0, 0.5)).toBeNull()
  })
})

describe('headers of limits', () => {
  const NOW = Date.parse('2026-05-01T10:00:00Z')
  test.each([
    ['1s', 1_000],
    ['6m0s', 360_000],
    ['120ms', 120],
    ['1.5s', 1_500],
    ['30', 30_000],
    ['2026-05-01T10:00:12Z', 12_000],
  ])('a reset of %s', (text, ms) => {
    expect(readReset(text, NOW)).toBe(NOW + ms)
  })

  test.each<[string, Record<string, string>, number | undefined]>([
    ['nothing', {}, undefined],
    ['some left', { 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '1s' }, undefined],
    ['none left', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1s' }, 1_000],
    ['none left, without a time', { 'x-ratelimit-remaining-requests': '0' }, undefined],
    [
      'a time that cannot be read',
      { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': 'soon' },
      undefined,
    ],
    [
      'the later of two',
      {
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2026-05-01T10:00:03Z',
        'anthropic-ratelimit-tokens-remaining': '0',
        'anthropic-ratelimit-tokens-reset': '2026-05-01T10:00:09Z',
      },
      9_000,
    ],
  ])('say of %s', (_, headers, ms) => {
    expect(exhaustedUntil(headers, NOW)).toBe(ms === undefined ? undefined : NOW + ms)
  })
})
