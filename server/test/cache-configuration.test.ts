import { expect, test } from 'vitest'
import { startGateway } from './gateway.ts'

test('what a pool keeps is said in the environment and by the API', async () => {
  const pools = { writer: { default: 'gpt-5.4', landing: ['gpt-5.5'], cache: { ttlSeconds: 60 } } }
  const gateway = await startGateway({ env: { MODEL_POOLS: JSON.stringify(pools) } })
  const read = async (name: string) => (await gateway.api('GET', `/api/pools/${name}`)).body.data.cache
  const put = (cache: unknown) => gateway.api('PUT', '/api/pools/a', { members: ['gpt-5.4'], cache })
  try {
    expect(await read('writer')).toEqual({ ttlSeconds: 60, shared: false })
    expect(await read('writer.landing')).toEqual({ ttlSeconds: 60, shared: false })
    expect((await put({ ttlSeconds: 2_592_000, shared: true })).status).toBeLessThan(300)
    expect(await read('a')).toEqual({ ttlSeconds: 2_592_000, shared: true })
    for (const wrong of [
      {},
      { ttlSeconds: 0 },
      { ttlSeconds: 2_592_001 },
      { ttlSeconds: 1.5 },
      { ttlSeconds: 9, for: 'all' },
    ]) {
      expect((await put(wrong)).status, JSON.stringify(wrong)).toBe(400)
    }
  } finally {
    await gateway.close()
  }
})
