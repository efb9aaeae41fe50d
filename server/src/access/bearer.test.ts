import { expect, test } from 'vitest'
import { readSecret } from './bearer.ts'

test.each([
  ['Authorization: Bearer', { authorization: 'Bearer trn_1' }, 'trn_1'],
  ['another case of the scheme', { authorization: 'bEARER trn_1' }, 'trn_1'],
  ['spaces around it', { authorization: 'Bearer   trn_1 ' }, 'trn_1'],
  ['x-api-key', { 'x-api-key': 'trn_2' }, 'trn_2'],
  ['both', { authorization: 'Bearer trn_1', 'x-api-key': 'trn_2' }, 'trn_1'],
  ['another scheme beside x-api-key', { authorization: 'Basic dXNlcg==', 'x-api-key': 'trn_2' }, 'trn_2'],
  ['another scheme alone', { authorization: 'Basic dXNlcg==' }, undefined],
  ['no value', { authorization: 'Bearer ' }, undefined],
  ['only spaces', { authorization: 'Bearer     ' }, undefined],
  ['an empty x-api-key', { 'x-api-key': '' }, undefined],
  ['nothing', {}, undefined],
  ['UTF-8, as Node.js reads it', { authorization: 'Bearer schlÃ¼ssel-voilÃ\xa0' }, 'schlüssel-voilà'],
  ['UTF-8 in x-api-key', { 'x-api-key': 'schlÃ¼ssel' }, 'schlüssel'],
  ['Latin-1', { 'x-api-key': 'schlüssel' }, 'schlüssel'],
])('%s', (_, headers, secret) => {
  expect(readSecret(headers)).toBe(secret)
})
