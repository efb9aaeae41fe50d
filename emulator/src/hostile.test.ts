import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emulated } from './testing.ts'

type Json = Record<string, unknown>

const call = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }
const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false }

/** For each operation a body with most of its fields, which the mutations start from. */
const BODIES: [provider: string, path: string, body: Json][] = [
  [
    'openai',
    '/responses',
    {
      model: 'gpt-4.1',
      instructions: 'x',
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'x' }] },
        { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
        { type: 'function_call_output', call_id: 'a', output: 'x' },
      ],
      tools: [{ type: 'function', name: 'f', parameters: { type: 'object', properties: {} } }],
      tool_choice: 'auto',
      text: { format: { type: 'json_schema', name: 's', schema } },
      stream: true,
    },
  ],
  [
    'openai',
    '/chat/completions',
    {
      model: 'gpt-4.1',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
      tools: [call],
      stop: ['x'],
    },
  ],
  [
    'anthropic',
    '/v1/messages',
    {
      model: 'claude-sonnet-4-6',
      max_tokens: 2000,
      system: [{ type: 'text', text: 'x' }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'x' }] },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'x' }] }] },
      ],
      tools: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
      tool_choice: { type: 'auto' },
      thinking: { type: 'enabled', budget_tokens: 1024 },
      output_config: { format: { type: 'json_schema', schema } },
    },
  ],
  [
    'google',
    '/v1beta/models/gemini-3.6-flash:generateContent',
    {
      contents: [
        { role: 'user', parts: [{ text: 'x' }] },
        { role: 'model', parts: [{ functionCall: { name: 'f', args: {} }, thoughtSignature: 'eA==' }] },
        { role: 'user', parts: [{ functionResponse: { name: 'f', response: {} } }] },
      ],
      systemInstruction: { parts: [{ text: 'x' }] },
      tools: [{ functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: {} } }] }],
      toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
      generationConfig: {
        responseMimeType: 'application/json',
        responseSchema: { type: 'OBJECT', properties: { a: { type: 'STRING' } } },
      },
    },
  ],
  [
    'google',
    '/v1beta/models/gemini-embedding-001:batchEmbedContents',
    { requests: [{ model: 'models/gemini-embedding-001', content: { parts: [{ text: 'x' }] } }] },
  ],
  [
    'google',
    '/v1beta/models/veo-3.1-generate-preview:predictLongRunning',
    { instances: [{ prompt: 'x' }], parameters: { durationSeconds: 4 } },
  ],
  [
    'bedrock',
    '/model/us.anthropic.claude-sonnet-4-6/converse',
    {
      messages: [
        { role: 'user', content: [{ text: 'x' }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'f', input: {} } }] },
        { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ text: 'x' }] } }] },
      ],
      system: [{ text: 'x' }],
      inferenceConfig: { maxTokens: 100, stopSequences: ['x'] },
      toolConfig: {
        tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object' } } } }],
        toolChoice: { auto: {} },
      },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
      outputConfig: {
        textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema) } } },
      },
    },
  ],
  ['bedrock', '/model/amazon.titan-embed-text-v2%3A0/invoke', { inputText: 'x', dimensions: 256 }],
  [
    'ollama',
    '/api/chat',
    {
      model: 'qwen3:8b',
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: '', tool_calls: [{ function: { name: 'f', arguments: {} } }] },
        { role: 'tool', content: 'x' },
      ],
      tools: [call],
      format: schema,
      options: { stop: ['x'] },
      think: true,
      stream: false,
    },
  ],
]

/** All places of a body, as paths. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))]
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  const copy = (Array.isArray(value) ? [...value] : { ...(value as Json) }) as Json
  copy[key] = replaced(copy[key], rest, by)
  return copy
}

/** What does not belong where it stands. */
const strange = fc.oneof(
  fc.constantFrom(null, '', 'x', 0, -1, 1.5, true, [], {}, [[]], [{}], [null], { type: null }, { type: 'x' }),
  fc.jsonValue({ maxDepth: 2 }),
)

describe('a body with anything in any place', () => {
  it.each(BODIES)(
    '%s %s is answered or refused, never with a failure of the emulator',
    async (provider, path, body) => {
      const { emulator } = await emulated()
      const all = places(body).filter((place) => place.length > 0)
      const mutation = fc.tuple(fc.constantFrom(...all), strange)
      await fc.assert(
        fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 2 }), async (mutations) => {
          const mutated = mutations.reduce<unknown>((value, [place, by]) => {
            try {
              return replaced(value, place, by)
            } catch {
              return value
            }
          }, body)
          const response = await fetch(`${emulator.baseUrl(provider)}${path}`, {
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              authorization: 'Bearer x',
              'x-goog-api-key': 'x',
              'anthropic-version': '2023-06-01',
            },
            body: JSON.stringify(mutated),
          })
          const text = await response.text()
          expect(response.status, text).toBeLessThan(500)
          expect(response.status === 200 || text.length > 10).toBe(true)
        }),
        { numRuns: 150 },
      )
    },
  )
})
