import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { OPTION_NAMES, OPTIONS } from '../options.ts'
import { configurationPage } from './reference.ts'

const page = readFileSync(new URL('../../../docs/reference/configuration.md', import.meta.url), 'utf8')
const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8')

it('docs/reference/configuration.md is what the table of options says', () => {
  expect(page, 'run: node scripts/write-configuration.ts').toBe(configurationPage(OPTION_NAMES))
})

it('the page names every option once', () => {
  for (const name of OPTION_NAMES) expect(page.split(`| \`${OPTIONS[name].variable}\` |`)).toHaveLength(2)
})

it('.env.example sets nothing, and names no option that does not exist', () => {
  const lines = example.split('\n').filter((line) => line.includes('='))
  for (const line of lines) expect(line).toMatch(/^# [A-Z][A-Z0-9_]*=/)
  const variables = new Set<string>(OPTION_NAMES.map((name) => OPTIONS[name].variable))
  const ours = lines.map((line) => line.slice(2, line.indexOf('='))).filter((name) => name.startsWith('TURNOUT_'))
  expect(ours.filter((name) => !variables.has(name))).toEqual([])
  expect(ours.length).toBeGreaterThan(0)
})
