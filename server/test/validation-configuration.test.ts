import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRegistry } from '../src/registry/index.ts'
import { freshDataDir, removeDataDir } from './database.ts'
import { startGateway, type TestGateway } from './gateway.ts'

let gateway: TestGateway
let dir: string
beforeAll(async () => {
  dir = await freshDataDir()
  gateway = await startGateway({ configuration: 'roles: {}' })
})
afterAll(async () => {
  await gateway.close()
  await removeDataDir(dir)
})

const log = { info() {}, warn() {}, error() {} }
const adapters = new Set(['openai'])

/** What is wrong with a file; nothing of it is in use then. */
async function problemsOf(yaml: string): Promise<string[]> {
  const configFile = join(dir, 'turnout.yaml')
  await writeFile(configFile, yaml)
  try {
    const registry = await createRegistry({ env: { OPENAI_API_KEY: 'a' }, configFile, adapters, log })
    await registry.close()
    return []
  } catch (thrown) {
    const { details } = thrown as { details: { where: string; message: string }[] }
    return details.map(({ where, message }) => `${where} ${message}`)
  }
}

async function environment(pools: object) {
  const env = { OPENAI_API_KEY: 'a', MODEL_POOLS: JSON.stringify(pools) }
  const registry = await createRegistry({ env, configFile: join(dir, 'none.yaml'), adapters, log })
  await registry.close()
  return registry.snapshot
}

describe('rules in turnout.yaml', () => {
  test('are those of their routes, the role beside the pool', async () => {
    const configFile = join(dir, 'good.yaml')
    await writeFile(
      configFile,
      `
pools:
  fast:
    members: [gpt-5.4]
    validate: { required: [title], validator: { onError: pass }, when: before }
  judges: { members: [gpt-5.5] }
roles:
  validator: { pool: judges }
  writer: { pool: fast, validate: { minLength: 5 } }
`,
    )
    const registry = await createRegistry({ env: { OPENAI_API_KEY: 'a' }, configFile, adapters, log })
    await registry.close()
    const pool = {
      required: ['title'],
      validator: { model: 'role:validator', conversation: true, onError: 'pass', timeoutMs: 30_000 },
      when: 'before',
    }
    expect(registry.snapshot.route('pool:fast').validations).toEqual([pool])
    expect(registry.snapshot.route('role:writer').validations).toEqual([pool, { minLength: 5 }])
    expect(registry.snapshot.route('pool:judges').validations).toBeUndefined()
    expect(registry.snapshot.route('gpt-5.4').validations).toBeUndefined()
  })

  test.each<[name: string, validate: string, problem: RegExp]>([
    ['a wild pattern', "{ pattern: '(a+)+$' }", /:3 pools\.a\.validate\.pattern may take too long/],
    ['no pattern', "{ pattern: '(' }", /pools\.a\.validate\.pattern must be a regular expression/],
    ['no schema', '{ schema: { type: nothing } }', /pools\.a\.validate\.schema cannot be used as a JSON Schema/],
    ['no path', "{ required: ['a..b'] }", /pools\.a\.validate\.required\[0\] must be a path/],
    ['no such rule', '{ longest: 3 }', /pools\.a\.validate\.longest/],
    [
      'no such validator',
      '{ validator: {} }',
      /validate\.validator\.model names a validator that does not exist: "role:v/,
    ],
    ['no such model', '{ validator: { model: gpt-77 } }', /validator\.model names a validator that does not exist/],
    ['no such pool', '{ validator: { model: pool:b } }', /validator\.model names a validator that does not exist/],
  ])('that are wrong are refused with their place, %s', async (_, validate, problem) => {
    const problems = await problemsOf(`pools:\n  a:\n    validate: ${validate}\n    members: [gpt-5.4]`)
    expect(problems).toEqual([expect.stringMatching(problem)])
  })

  test('of a role are checked as well', async () => {
    const yaml = "pools: { a: { members: [gpt-5.4] } }\nroles:\n  b: { pool: a, validate: { pattern: '(a+)+' } }"
    expect(await problemsOf(yaml)).toEqual([expect.stringMatching(/:3 roles\.b\.validate\.pattern may take too long/)])
  })
})

describe('rules in MODEL_POOLS', () => {
  test('hold for the role, whatever the product', async () => {
    const pools = { writer: { default: 'gpt-5.4', landing: ['gpt-5.5'], validate: { minLength: 3 } } }
    const snapshot = await environment(pools)
    expect(snapshot.route('role:writer').validations).toEqual([{ minLength: 3 }])
    expect(snapshot.route('role:writer', 'landing').validations).toEqual([{ minLength: 3 }])
    expect(snapshot.problems).toEqual([])
  })

  test.each([
    [{ pattern: '(a+)+' }, 'MODEL_POOLS.writer.validate.pattern'],
    [{ minLength: 'a' }, 'MODEL_POOLS.writer.validate.minLength'],
  ])('that are wrong are told by their place, %j', async (validate, where) => {
    const { problems } = await environment({ writer: { default: 'gpt-5.4', validate } })
    expect(problems).toEqual([expect.objectContaining({ where, message: expect.stringContaining('is ignored') })])
  })
})

describe('rules of the database', () => {
  test('are made and read by the API', async () => {
    const validate = { maxLength: 10, validator: { model: 'gpt-5.5' }, when: 'after' }
    const pool = await gateway.api('PUT', '/api/pools/a', { members: ['gpt-5.4'], validate })
    expect(pool.body.data.validate).toMatchObject({ maxLength: 10, validator: { model: 'gpt-5.5', onError: 'fail' } })
    const role = await gateway.api('PUT', '/api/roles/b', { pool: 'a', validate: { minLength: 2 } })
    expect(role.body.data.validate).toEqual({ minLength: 2 })
    const { body } = await gateway.api('GET', '/api/pools/a/revisions')
    expect(body.data[0].changes).toContainEqual(expect.objectContaining({ field: 'validate', before: null }))
  })

  test.each([
    ['/api/pools/a', { members: ['gpt-5.4'], validate: { pattern: '(a+)+' } }, 'validate.pattern'],
    ['/api/pools/a', { members: ['gpt-5.4'], validate: { validator: {} } }, 'validate.validator.model'],
    ['/api/roles/b', { pool: 'a', validate: { schema: { type: 'none' } } }, 'validate.schema'],
    ['/api/roles/b', { pool: 'a', validate: { when: 'now' } }, 'validate.when'],
  ])('%s %j is refused by the path of the field', async (path, body, field) => {
    const answer = await gateway.api('PUT', path, body)
    expect(answer.status).toBe(400)
    expect(answer.body.error.message).toMatch(field)
  })

  test('keep a role that validates from being deleted', async () => {
    await gateway.api('PUT', '/api/roles/validator', { pool: 'a' })
    await gateway.api('PUT', '/api/pools/c', { members: ['gpt-5.4'], validate: { validator: {} } })
    const { status, body } = await gateway.api('DELETE', '/api/roles/validator')
    expect(status).toBe(400)
    expect(body.error.message).toContain('pools.c.validate.validator.model names a validator that does not exist')
  })
})
