import Anthropic from '@anthropic-ai/sdk'
import { describe, expect, test } from 'vitest'
import type { TextCall } from '../../core/text.ts'
import { anthropic } from '../anthropic.ts'
import { eventStream, recordSdk } from '../shared/messages/testing.ts'
import { collect, connectTo } from '../testing/connection.ts'

type Params = Anthropic.MessageCreateParamsNonStreaming

const answer = { id: 'msg_1', type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn', usage: {} }
const events = [
  { type: 'message_start', message: { ...answer, stop_reason: null } },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: {} },
  { type: 'message_stop' },
]
const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
} as const

/** The same thing said in our words and in the SDK's. */
const CASES: [string, TextCall, Params][] = [
  [
    'a question with sampling settings',
    {
      model: 'claude-haiku-4-5',
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'Where?' }] },
      ],
      maxTokens: 100,
      temperature: 0.5,
      stop: ['END'],
      user: 'u-1',
    },
    {
      model: 'claude-haiku-4-5',
      system: 'Be brief.',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Where?' }] }],
      max_tokens: 100,
      stop_sequences: ['END'],
      metadata: { user_id: 'u-1' },
      // The SDK's types no longer have it, older models still do.
      ...({ temperature: 0.5 } as object),
    },
  ],
  [
    'pictures, a tool that was called, and thinking',
    {
      model: 'claude-opus-4-8',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', picture: { base64: 'iVBO', mediaType: 'image/png' } },
            { type: 'image', picture: { url: 'https://pictures.example/1.png' } },
            { type: 'text', text: 'Which city?' },
          ],
        },
        {
          role: 'assistant',
          text: 'I look.',
          toolCalls: [{ id: 'toolu_1', name: 'look', arguments: '{"city":"Bern"}' }],
          opaque: { model: 'claude-opus-4-8', thinking: [{ type: 'thinking', thinking: '', signature: 'c2ln' }] },
        },
        { role: 'tool', callId: 'toolu_1', content: [{ type: 'text', text: 'Bern' }] },
      ],
      tools: [{ name: 'look', description: 'Looks.', parameters: schema, strict: true }],
      toolChoice: 'auto',
      parallelToolCalls: false,
      maxTokens: 2_000,
      reasoning: 'medium',
    },
    {
      model: 'claude-opus-4-8',
      max_tokens: 2_000,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
            { type: 'image', source: { type: 'url', url: 'https://pictures.example/1.png' } },
            { type: 'text', text: 'Which city?' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: '', signature: 'c2ln' },
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'toolu_1', name: 'look', input: { city: 'Bern' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'Bern' }] }],
        },
      ],
      tools: [{ name: 'look', description: 'Looks.', input_schema: schema as never, strict: true }],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'adaptive', display: 'summarized' },
      output_config: { effort: 'medium' },
    },
  ],
  [
    'an answer by a schema',
    {
      model: 'claude-sonnet-5',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Which city?' }] }],
      maxTokens: 100,
      output: { type: 'schema', name: 'place', schema },
      reasoning: 'none',
    },
    {
      model: 'claude-sonnet-5',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Which city?' }] }],
      max_tokens: 100,
      output_config: { format: { type: 'json_schema', schema } },
      thinking: { type: 'disabled' },
    },
  ],
]

describe('agrees with the SDK on', () => {
  for (const [what, call, params] of CASES) {
    for (const stream of [false, true]) {
      test(`${what}${stream ? ', streamed' : ''}`, async () => {
        const theirs = await recordSdk(stream ? eventStream(events) : answer, (baseURL) => {
          const messages = new Anthropic({ apiKey: 'secret-credential', baseURL, maxRetries: 0 }).messages
          return stream ? messages.stream(params).finalMessage() : messages.create(params)
        })
        const connection = connectTo([{ body: stream ? eventStream(events) : answer }])
        const ours = stream
          ? await collect(anthropic.text!.stream(call, connection))
          : [await anthropic.text!.generate(call, connection)]
        expect(ours.at(-1)).toMatchObject({ warnings: [] })
        const sent = connection.sent[0]!
        expect(sent.method).toBe(theirs.method)
        expect(new URL(sent.url).pathname).toBe(theirs.path)
        expect(connection.lastJson()).toEqual(theirs.body)
        expect(sent.headers!['content-type']).toBe(theirs.headers['content-type'])
        // The SDK speaks the version of October 2026, which has no sampling settings and is else the same.
        expect(theirs.headers.authorization).toBe(`Bearer ${sent.headers!['x-api-key']}`)
      })
    }
  }
})
