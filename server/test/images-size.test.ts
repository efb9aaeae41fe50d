import { afterAll, beforeAll, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const draw = (size: string) =>
  gateway.client.images.generate({ model: 'gpt-image-1.5', prompt: 'a tram', size: size as '1024x1024' }).withResponse()

test("a size that OpenAI's own model does not have becomes the nearest one, and that is told", async () => {
  const { data, response } = await draw('1600x900')
  expect(data.size).toBe('1536x1024')
  expect(response.headers.get('x-turnout-warnings')).toMatch(/size was sent as .*1536x1024.* instead of .*1600x900/)
})

test('one that it has goes on as it is', async () => {
  const { data, response } = await draw('1024x1536')
  expect(data.size).toBe('1024x1536')
  expect(response.headers.get('x-turnout-warnings')).toBeNull()
})
