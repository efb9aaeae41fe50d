import { expect, it } from 'vitest'
import { CATALOG } from '../registry/catalog/index.ts'
import { printBanner, TRIAL_MODEL } from './banner.ts'

function banner(adminKey: string | undefined, emulated: boolean): string {
  const lines: string[] = []
  const terminal = { out: (text: string) => lines.push(text), error: () => {}, colours: false }
  printBanner({ url: 'http://127.0.0.1:8080', adminKey, emulated }, terminal)
  return lines.join('\n')
}

it('says first where the server is', () => {
  expect(banner(undefined, false)).toBe('Turnout is ready on http://127.0.0.1:8080')
})

it('says when nothing is real', () => {
  expect(banner(undefined, true)).toContain('EMULATED')
})

it('shows a new admin key with a request that can be pasted', () => {
  const text = banner('trn_secret', false)
  expect(text).toContain('curl http://127.0.0.1:8080/v1/chat/completions')
  expect(text).toContain('Authorization: Bearer trn_secret')
  expect(JSON.parse(/-d '(.*)'/.exec(text)![1]!)).toMatchObject({ model: TRIAL_MODEL })
})

it('tries a model that is not about to go', () => {
  const model = CATALOG.find(({ id }) => id === TRIAL_MODEL)
  expect(model).toMatchObject({ provider: 'openai', output: ['text'] })
  expect(model?.lifecycle?.status ?? 'active').toBe('active')
})
