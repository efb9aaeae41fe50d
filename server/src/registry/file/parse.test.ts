import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseConfiguration } from './parse.ts'

const known = { providers: new Set(['openai', 'fal']), adapters: new Set(['openai', 'openai-compatible']) }

const parse = (text: string) => parseConfiguration(text, 'turnout.yaml', known)

function problemsOf(text: string): string[] {
  const parsed = parse(text)
  return parsed.ok ? [] : parsed.problems.map(({ where, message }) => `${where}: ${message}`)
}

test('a file that says all there is to say', () => {
  const parsed = parse(`
providers:
  openai:
    credential: env:OPENAI_API_KEY
    retry: { maxRetries: 1 }
  vllm:
    baseUrl: http://gpu.example:8000/v1
    headers:
      x-team: env:TEAM
    local: true
models:
  - id: fast
    provider: vllm
    prices: null
retry: { backoffBase: 0.5 }
timeouts: { totalMs: 1000 }
limits: { requestsPerMinute: 60 }
retiredModels: substitute
catalog: false
discovery: false
`)
  expect(parsed).toMatchObject({
    ok: true,
    file: {
      configuration: {
        providers: { openai: { retry: { maxRetries: 1 } }, vllm: { local: true } },
        models: [{ id: 'fast', prices: null }],
        retiredModels: 'substitute',
        catalog: false,
      },
    },
  })
})

test.each(['', '# only a comment\n', '---\n', 'models:\nproviders:\n', '{}'])(
  '%j is the empty configuration',
  (text) => {
    expect(parse(text)).toMatchObject({
      ok: true,
      file: { configuration: { providers: {}, models: [], retiredModels: 'refuse', catalog: true, discovery: true } },
    })
  },
)

test.each<[title: string, text: string, problem: RegExp]>([
  [
    'an unknown section',
    'modles: []',
    /^turnout\.yaml:1 modles: is not known here; allowed: providers, models, preset/,
  ],
  [
    'an unknown field',
    'models:\n  - id: a\n    contextLength: 5',
    /^turnout\.yaml:3 models\[0\]\.contextLength: is not known here; allowed: id, name,/,
  ],
  [
    'a wrong type',
    'models:\n  - id: a\n    enabled: maybe',
    /^turnout\.yaml:3 models\[0\]\.enabled: must be true or false$/,
  ],
  [
    'a number for a text',
    'models:\n  - id: 5',
    /^turnout\.yaml:2 models\[0\]\.id: must be a text; put numbers in quotes$/,
  ],
  [
    'a missing field',
    'models:\n  - id: a\n  - name: b',
    /^turnout\.yaml:3 models\[1\]\.id: is required and must be a text/,
  ],
  ['a wrong choice', '\nretiredModels: drop', /^turnout\.yaml:2 retiredModels: must be one of "refuse", "substitute"$/],
  ['a value out of range', 'retry:\n  maxRetries: 11', /^turnout\.yaml:2 retry\.maxRetries: must be at most 10$/],
  [
    'an id twice',
    'models:\n  - id: a\n  - id: b\n  - id: a',
    /^turnout\.yaml:4 models\[2\]\.id: must differ from the id of models\[0\]$/,
  ],
  [
    'a provider without address',
    'providers:\n  mine:\n    local: true',
    /^turnout\.yaml:2 providers\.mine\.baseUrl: must be given, .*: openai, fal$/,
  ],
  [
    'an unknown adapter',
    'providers:\n  mine:\n    baseUrl: http://a.example\n    adapter: soap',
    /^turnout\.yaml:4 providers\.mine\.adapter: must be one of openai, openai-compatible$/,
  ],
  [
    'an unknown provider',
    'models:\n  - id: a\n    provider: x',
    /^turnout\.yaml:3 models\[0\]\.provider: must be one of openai, fal, openai-compatible,/,
  ],
  [
    'another protocol',
    'providers:\n  fal:\n    baseUrl: ftp://a.example',
    /^turnout\.yaml:3 providers\.fal\.baseUrl: must be an address that starts with http/,
  ],
  [
    'a bad name of a provider',
    'providers:\n  a/b: {}',
    /^turnout\.yaml:2 providers\.\(a key\): .*must begin with a letter or digit/,
  ],
  [
    'a header that would split',
    'providers:\n  fal:\n    headers:\n      x: "a\\nb"',
    /^turnout\.yaml:4 providers\.fal\.headers\.x: must not have line breaks/,
  ],
  ['a list as the whole file', '- a', /^turnout\.yaml:1: must be a map of fields$/],
  ['tabs', 'models:\n\t- id: a', /^turnout\.yaml:2: not valid YAML: indentation must be spaces/],
  ['an open bracket', 'models: [', /^turnout\.yaml:1: not valid YAML: /],
  ['a key twice', 'catalog: true\ncatalog: false', /^turnout\.yaml:2: not valid YAML: the key stands here twice$/],
  [
    'a time that no timer can wait',
    'timeouts: { connectMs: 2592000000 }\n',
    /^turnout\.yaml:1 timeouts\.connectMs: must be at most 604800000$/,
  ],
  [
    'an address with a query',
    'providers:\n  openai:\n    baseUrl: https://host.example/v1?key=1\n',
    /^turnout\.yaml:3 providers\.openai\.baseUrl: must not have a query or a fragment/,
  ],
  ['an alias to nothing', 'catalog: *x', /^turnout\.yaml:1: not valid YAML: /],
  [
    'an alias to what it is part of',
    'models:\n  - id: a\n    defaults: &all\n      one: &one { two: *all }\n',
    /^turnout\.yaml:4: an alias \(\*name\) stands inside what it refers to$/,
  ],
])('%s is told with its line, its field and what is allowed', (_, text, problem) => {
  const problems = problemsOf(text)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(problem)
})

test('everything that is wrong is told at once', () => {
  expect(problemsOf('catalog: 1\ndiscovery: 2\nmodels:\n  - {}\n')).toHaveLength(3)
})

test('aliases that multiply are refused instead of filling the memory', () => {
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`)
  expect(problemsOf(`l0: &l0 [x]\n${levels.join('\n')}\n`).join()).toMatch(/too many aliases/)
})

test('a secret that stands in the wrong place is never repeated', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{24,40}$/)
  const places: ((secret: string) => string)[] = [
    (text) => `providers:\n  openai:\n    credential: ${text}\n`,
    (text) => `providers:\n  openai:\n    credential: sk-${text}\n`,
    (text) => `providers:\n  openai: ${text}\n`,
    (text) => `providers:\n  openai:\n    apiKey: ${text}\n`,
    (text) => `models:\n  - id: a\n    credential: "${text}"\n`,
    (text) => `models:\n  - id: a\n    baseUrl: "ftp://user:${text}@host.example"\n`,
    (text) => `providers:\n  openai:\n    credential: *${text}\n`,
    (text) => `providers:\n  openai:\n    credential: "${text}\n`,
    (text) => `providers:\n  openai:\n    credential: !${text} x\n`,
    (text) => `models:\n  - id: a\n    baseUrl: "https://user:${text}@host.example"\n`,
    (text) => `retiredModels: ${text}\n`,
    (text) => `retiredModels: &${text} *other\n`,
    (text) => `sk-${text}: 1\n`,
    (text) => text,
  ]
  fc.assert(
    fc.property(secret, fc.constantFrom(...places), (text, place) => {
      const problems = problemsOf(place(text))
      expect(problems.length).toBeGreaterThan(0)
      expect(problems.join('\n')).not.toContain(text)
    }),
  )
})
