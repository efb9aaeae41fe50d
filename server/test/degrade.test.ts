import { afterAll, beforeAll, expect, it } from 'vitest'
import { startGateway, type TestGateway } from './gateway.ts'

const CONFIGURATION = `
models:
  - { id: blind, provider: openai, upstreamId: gpt-5.4-mini, capabilities: { vision: false } }
  - { id: blind-too, provider: openai, upstreamId: gpt-5.4-nano, capabilities: { vision: false } }
pools:
  strict: { members: [blind, blind-too] }
  lenient: { members: [blind, blind-too], degrade: true }
`

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway({ configuration: CONFIGURATION })
})
afterAll(() => gateway.close())

const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII='

const ask = (model: string, degrade?: boolean) =>
  gateway.client.chat.completions
    .create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: PIXEL } },
          ],
        },
      ],
      ...(degrade !== undefined && { turnout: { degrade } }),
    } as never)
    .asResponse()

it.each([['blind'], ['pool:strict']])(
  '%s gives up pictures only where the request allows it, and says so',
  async (model) => {
    await expect(ask(model)).rejects.toMatchObject({ status: 400, code: 'capability_missing' })
    gateway.emulator.reset()
    const { status, headers } = await ask(model, true)
    expect(status).toBe(200)
    expect(headers.get('x-turnout-warnings')).toContain('left out of the messages')
    expect(JSON.stringify(gateway.emulator.requests()[0]!.body)).not.toContain('image_url')
  },
)

it('a request may also insist on what its pool would give up', async () => {
  expect((await ask('pool:lenient')).status).toBe(200)
  await expect(ask('pool:lenient', false)).rejects.toMatchObject({ status: 400, code: 'capability_missing' })
})
