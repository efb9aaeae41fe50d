import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ args: ['--emulate', 'always'] })
})
afterAll(() => gateway.close())

interface Listed {
  id: string
  output: string[]
  available: boolean
}

async function available(): Promise<Listed[]> {
  const models: Listed[] = []
  for (let cursor: string | null | undefined = ''; cursor != null; ) {
    const { body } = await gateway.api('GET', `/api/models?limit=100${cursor && `&cursor=${cursor}`}`)
    models.push(...(body.data as Listed[]))
    cursor = body.nextCursor
  }
  return models.filter((model) => model.available)
}

/** Asks with few at once; the ids of those that failed, and why. */
async function failures(models: Listed[], ask: (client: OpenAI, model: string) => Promise<unknown>): Promise<string[]> {
  const failed: string[] = []
  const waiting = [...models]
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { id } = next
      await ask(gateway.client, id).catch((error: unknown) => failed.push(`${id}: ${String(error)}`))
    }
  }
  await Promise.all(Array.from({ length: 4 }, work))
  return failed
}

test('without a credential, every model of the catalog that writes or embeds is answered for', async () => {
  const models = await available()
  const writers = models.filter(({ output }) => output.includes('text'))
  expect(writers.length).toBeGreaterThan(60)
  const messages = [{ role: 'user' as const, content: 'Hello.' }]
  expect(await failures(writers, (client, model) => client.chat.completions.create({ model, messages }))).toEqual([])
  const embedders = models.filter(({ output }) => output.includes('embedding'))
  expect(embedders.length).toBeGreaterThan(3)
  expect(await failures(embedders, (client, model) => client.embeddings.create({ model, input: 'x' }))).toEqual([])
})
