import { describe, expect, test } from 'vitest'
import { redact, tellSafely } from './redact.ts'

const HEX = '0123456789abcdef'

describe('what looks like a credential is taken out', () => {
  test.each([
    ['OpenAI', 'sk-proj-abcdefghijklmnopqrstuvwx'],
    ['OpenAI, masked', 'sk-proj-********************wXyZ'],
    ['Anthropic', 'sk-ant-api03-abc_DEF-123'],
    ['with an underscore', `sk_${HEX}${HEX}`],
    ['Hugging Face', 'hf_abcdefghijklmnopqrstuvwxyzABCDEFGH'],
    ['ours', 'trn_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN'],
    ['AWS', 'AKIAIOSFODNN7EXAMPLE'],
    ['AWS, temporary', 'ASIAIOSFODNN7EXAMPLE'],
    ['Google', `AIza${'Sy0_-'.repeat(7)}`],
    ['a scheme and an opaque value', 'Bearer a1b2c3d4e5'],
    ['a scheme and a JSON Web Token', 'Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl'],
    ['fal', `Key 01234567-89ab-cdef-0123-456789abcdef:${HEX}${HEX}`],
  ])('%s', (_, credential) => {
    expect(redact(`Invalid: "${credential}".`, [])).toBe('Invalid: "[redacted]".')
  })
})

describe('what only resembles one stays', () => {
  test.each([
    'keyword_arguments_x is unknown',
    'key-value-store-of-the-client is missing',
    'Key parameters:temperature_setting is unknown',
    'Bearer authentication is required',
    'task-scheduling-parameters are wrong',
    'risk_assessment_of_the_prompt failed',
    'hf_hub_download_of_the_model failed',
    'sk-short',
    'AKIA is how ids begin',
    'the model gpt-5.4-mini-2026-03-05 does not exist',
    'request req_011CS6abcdefghijklmnop failed',
  ])('%s', (message) => {
    expect(redact(message, [])).toBe(message)
  })
})

describe('given secrets', () => {
  test.each<[what: string, secret: string | undefined, message: string, told: string]>([
    ['whatever their form', 'house-secret', 'bad house-secret, house-secret', 'bad [redacted], [redacted]'],
    ['without their scheme', 'Basic dXNlcjpw', 'bad dXNlcjpw', 'bad [redacted]'],
    ['with it', 'Basic dXNlcjpw', 'bad Basic dXNlcjpw', 'bad [redacted]'],
    ['unless they are as short as words', 'trams', 'no trams today', 'no trams today'],
    ['unless there is none', undefined, 'no trams today', 'no trams today'],
  ])('%s', (_, secret, message, told) => {
    expect(redact(message, [secret])).toBe(told)
  })

  test('one that begins like another leaves no rest', () => {
    expect(redact('bad house-secret-2', ['house-secret', 'house-secret-2'])).toBe('bad [redacted]')
  })
})

test('a long message is cut after the secrets are gone, so that no half of one is left', () => {
  const told = tellSafely(`${'x'.repeat(995)} house-secret ${'y'.repeat(5_000)}`, ['house-secret'])
  expect(told).toBe(`${'x'.repeat(995)} [red…`)
  expect(tellSafely('short', [])).toBe('short')
})

test('a part of a credential is as secret as the whole', () => {
  const secrets = ['AKIDEXAMPLE1:wJalrXUtnFEMI/K7MDENG', 'Key 0123-id:fal-secret-9', 'emulated:emulated']
  const message = 'wJalrXUtnFEMI/K7MDENG of AKIDEXAMPLE1 is wrong; fal-secret-9 too, while nothing is emulated'
  expect(redact(message, secrets)).toBe('[redacted] of [redacted] is wrong; [redacted] too, while nothing is emulated')
})
