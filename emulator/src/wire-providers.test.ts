import { describe, expect, it } from 'vitest'
import { emulated, user } from './testing.ts'
import { readRecorded, shape, wire } from './testing-wire.ts'

const read = (provider: string, file: string): string => readRecorded(provider, `__fixtures__/${file}`)
const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .map((line) => line.replace(/^data: /, ''))
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as unknown)

/** What the recorded answer has and ours has not. */
function lacking(ours: unknown, recorded: unknown, but: RegExp = /^$/): string[] {
  const have = new Set(shape(ours))
  return [...new Set(shape(recorded))].filter((field) => !have.has(field) && !but.test(field))
}

async function ask(provider: string, path: string, body: object): Promise<string> {
  const { emulator } = await emulated()
  const response = await fetch(`${emulator.baseUrl(provider)}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': 'x',
      'anthropic-version': '2023-06-01',
      'x-goog-api-key': 'x',
      ...(provider === 'bedrock' ? { authorization: 'Bearer x' } : {}),
    },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(200)
  return response.text()
}

describe.skipIf(wire === undefined)('every field of the recorded answers (TURNOUT_WIRE names their folder)', () => {
  const claude = { model: 'claude-sonnet-4-6', max_tokens: 500, messages: [user('Hello there')] }
  const gemini = { contents: [{ role: 'user', parts: [{ text: 'How many r are in strawberry?' }] }] }

  it('Anthropic: a message, a refusal, thinking, and the events of a stream', async () => {
    const whole = JSON.parse(await ask('anthropic', '/v1/messages', claude))
    expect(lacking(whole, JSON.parse(read('anthropic', 'anthropic-text.json')))).toEqual([])
    const thinking = { type: 'adaptive' }
    const thought = JSON.parse(await ask('anthropic', '/v1/messages', { ...claude, thinking }))
    expect(lacking(thought, JSON.parse(read('anthropic', 'anthropic-claude-opus-5-reasoning-high.1.json')))).toEqual([])
    const streamed = lines(await ask('anthropic', '/v1/messages', { ...claude, stream: true }))
    expect(lacking(streamed, lines(read('anthropic', 'anthropic-text.chunks.txt')))).toEqual([])
  })

  it('Gemini: an answer, a call, the chunks of a stream, and a 429', async () => {
    const path = '/v1beta/models/gemini-3.6-flash'
    const whole = JSON.parse(await ask('google', `${path}:generateContent`, gemini))
    // Signatures of plain text are left out: nobody has to send those back.
    expect(lacking(whole, JSON.parse(read('google', 'google-text.json')), /thoughtSignature/)).toEqual([])
    const tools = [
      {
        functionDeclarations: [
          {
            name: 'weather',
            parameters: { type: 'OBJECT', properties: { location: { type: 'STRING' } }, required: ['location'] },
          },
        ],
      },
    ]
    const called = JSON.parse(await ask('google', `${path}:generateContent`, { ...gemini, tools }))
    expect(lacking(called, JSON.parse(read('google', 'google-tool-call-gemini3.json')), /finishMessage/)).toEqual([])
    const streamed = lines(await ask('google', `${path}:streamGenerateContent?alt=sse`, gemini))
    expect(lacking(streamed, lines(read('google', 'google-text.chunks.txt')), /thoughtSignature/)).toEqual([])
  })

  it('Bedrock: a conversation', async () => {
    const body = { messages: [{ role: 'user', content: [{ text: 'Hello there' }] }] }
    const whole = JSON.parse(await ask('bedrock', '/model/us.anthropic.claude-sonnet-4-6/converse', body))
    const recorded = JSON.parse(read('amazon-bedrock', 'amazon-bedrock-text.json'))
    // Counts under their older names, which the service model does not have.
    expect(lacking(whole, recorded, /TokenCount:/)).toEqual([])
  })
})
