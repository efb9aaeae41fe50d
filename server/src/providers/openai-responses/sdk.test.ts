import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import type { TextCall } from '../../core/text.ts'
import { openAIResponsesText } from '../openai-responses.ts'
import { eventStream, recordSdk } from '../shared/messages/testing.ts'
import { collect, connectTo } from '../testing/connection.ts'

type Params = OpenAI.Responses.ResponseCreateParams

const answer = { id: 'resp_1', object: 'response', status: 'completed', output: [], usage: null }
const events = [{ type: 'response.completed', sequence_number: 0, response: answer }]
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}

const call: TextCall = {
  model: 'o3-pro',
  messages: [
    { role: 'system', text: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Which city?' },
        { type: 'image', picture: { base64: 'iVBO', mediaType: 'image/png' } },
      ],
    },
    {
      role: 'assistant',
      text: 'I look.',
      toolCalls: [{ id: 'call_1', name: 'look', arguments: '{"city":"Bern"}' }],
      opaque: { reasoning: [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'ZW5j' }] },
    },
    { role: 'tool', callId: 'call_1', content: [{ type: 'text', text: 'Bern' }] },
  ],
  tools: [{ name: 'look', description: 'Looks.', parameters: schema, strict: true }],
  toolChoice: 'required',
  parallelToolCalls: false,
  output: { type: 'schema', name: 'place', schema, strict: true },
  reasoning: 'high',
  maxTokens: 500,
  user: 'u-1',
}

const params: Params = {
  model: 'o3-pro',
  instructions: 'Be brief.',
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'Which city?' },
        { type: 'input_image', image_url: 'data:image/png;base64,iVBO', detail: 'auto' },
      ],
    },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'ZW5j' },
    { role: 'assistant', content: 'I look.' },
    { type: 'function_call', call_id: 'call_1', name: 'look', arguments: '{"city":"Bern"}' },
    { type: 'function_call_output', call_id: 'call_1', output: 'Bern' },
  ],
  tools: [{ type: 'function', name: 'look', description: 'Looks.', parameters: schema, strict: true }],
  tool_choice: 'required',
  parallel_tool_calls: false,
  text: { format: { type: 'json_schema', name: 'place', schema, strict: true } },
  reasoning: { effort: 'high' },
  max_output_tokens: 500,
  safety_identifier: 'u-1',
  include: ['reasoning.encrypted_content'],
  store: false,
}

describe('agrees with the SDK', () => {
  test.each([false, true])('streamed: %s', async (stream) => {
    const theirs = await recordSdk(stream ? eventStream(events) : answer, async (baseUrl) => {
      const { responses } = new OpenAI({ apiKey: 'secret-credential', baseURL: `${baseUrl}/v1`, maxRetries: 0 })
      const asked = await responses.create({ ...params, ...(stream && { stream }) } as Params)
      if (stream) await collect(asked as AsyncIterable<unknown>)
    })
    const connection = connectTo([{ body: stream ? eventStream(events) : answer }])
    const ours = stream
      ? await collect(openAIResponsesText.stream(call, connection))
      : [await openAIResponsesText.generate(call, connection)]
    expect(ours.at(-1)).toMatchObject({ warnings: [], reason: 'stop' })
    const sent = connection.sent[0]!
    expect(sent.method).toBe(theirs.method)
    expect(new URL(sent.url).pathname).toBe(theirs.path)
    expect(connection.lastJson()).toEqual(theirs.body)
    for (const name of ['authorization', 'content-type']) expect(sent.headers![name]).toBe(theirs.headers[name])
  })
})
